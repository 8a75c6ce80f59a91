"""What sixty customers did over three months: every kind of signal, every scale, holes in every column."""

from datetime import timedelta

from wayline.signals.vocabulary import SCALES
from wayline.warehouse.testing import MONDAY

HOUR, DAY = 60, 1440
TELLERS = ("key:1", "import:4", "api:2")
CUSTOMERS = [
    {
        "customer": who,
        "traits": {"plan": ("pro", "free")[who % 2]} | ({"seats": str(who)} if who % 4 else {}),
        "facts": {"plan": f"2026-0{1 + who % 4}-1{who % 9} 09:00:00 {TELLERS[who % 3]}"} if who % 5 else {},
    }
    for who in range(1, 51)
]


def signals() -> list[dict]:
    return numbered([row for who in range(1, 61) for row in story_of(who)], after=0)


def numbered(rows: list[dict], *, after: int) -> list[dict]:
    """The rows with the order of their arrival, the same for every engine."""
    return [row | {"seq": after + n, "key": f"{after + n:032x}"} for n, row in enumerate(rows, 1)]


def story_of(who: int) -> list[dict]:
    """Who they are decides what they do."""
    base = {"customer": who, "channel": ("web", "mail", None, "phone")[who % 4], "source": f"key:{who % 3}"}
    order = base | {"subject": f"order {who % 7}"}
    rows = [order | {"minute": who, "properties": {"campaign": ("spring", "it's", "")[who % 3]}}]
    rows += [order | {"minute": 90, "kind": "page", "name": "pricing"}] * (who % 3 == 0)
    rows += paid(who, order) + asked(who, base) + helped(who, order)
    rows += [base | {"minute": 3000, "name": "invoiced", "channel": "mail"}] * (who % 5 == 0)
    rows += [order | {"minute": 9000 + who * DAY // 3, "name": "renewed"}] * (who % 4 == 0)
    rows += late(who, base)
    rows += [base | {"minute": -20 * DAY + who, "name": "came earlier"}] * (who % 3 == 1)
    rows += [base | {"minute": 35 * DAY + who, "name": "came back"}] * (who % 2)
    return rows


def late(who: int, base: dict) -> list[dict]:
    """Answers that arrived days after they were given, some when their month was over."""
    arrived = MONDAY + timedelta(days=3 + who)
    answer = {"kind": "answer", "name": "survey answered", "scale": "nps", "score": float(who % 11)}
    return [base | answer | {"minute": 700, "received_at": arrived}] * (who % 7 == 3)


def paid(who: int, order: dict) -> list[dict]:
    amount = {"amount": (str(who * 3), "much", "1e2")[who % 3]}
    row = order | {"minute": 2000, "name": "paid", "properties": amount, "value": who / 7}
    return [row] * (who % 2) + [row | {"minute": 2000 + 10 * DAY}] * (who % 6 == 1)


def asked(who: int, base: dict) -> list[dict]:
    """An answer on each scale, now and in the period before; some weighted, some with words, one off."""
    rows = []
    for place, scale in enumerate(SCALES.values()):
        score = scale.low + (who * 7 + place) % int(scale.high - scale.low + 1)
        answer = {
            "kind": "answer",
            "name": "survey answered",
            "scale": scale.slug,
            "score": score,
            "weight": (None, 0.5, 2.0)[who % 3],
            "text": f"“{who}” said it's fine\nreally" if (who + place) % 5 == 0 else None,
            "step": "Pay" if who % 9 == 0 else None,
            "minute": 2500 + who * HOUR + place,
        }
        rows += [base | answer, base | answer | {"minute": answer["minute"] - 25 * DAY}]
    return rows + [base | {"kind": "answer", "scale": "nps", "score": 40.0, "minute": 2600}] * (who == 8)


def helped(who: int, order: dict) -> list[dict]:
    """Contacts, replies to most of them, a second contact of some, and tickets that were reopened."""
    contact = order | {"kind": "contact", "name": "Ticket Opened", "minute": 2200 + who * 90}
    rows = [contact, contact | {"minute": contact["minute"] + (who % 12) * DAY, "channel": "phone"}]
    reply = order | {"kind": "message", "name": "Message Sent", "properties": {"agent": "Noor"}}
    rows += [reply | {"minute": contact["minute"] + who % 50}] * (who % 4 != 0)
    rows += [reply | {"minute": contact["minute"] + 5, "properties": {"direction": "in"}}]
    reopened = order | {"kind": "operation", "name": "Ticket Reopened", "minute": contact["minute"] + 2 * DAY}
    return rows + [reopened] * (who % 8 == 0)
