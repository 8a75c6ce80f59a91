"""The support desk: who asks for help and why, how long they wait, and whether once was enough."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from wayline.signals.vocabulary import Kind

from . import truth
from .chance import DAY, HOUR, MINUTE, evenly, happens, lasting, rated, wakeful
from .memory import Memory
from .onboarding import Onboarded
from .people import People
from .shop import Orders
from .stream import Stream
from .words import Voice

CHANNELS = np.array(["chat", "email", "phone"], object)
AGENTS = np.array(["Noor", "Tarek", "Linnea", "Pascal", "Oona", "Dragan"], object)
LADDER = {"chat": "email", "email": "phone", "phone": "phone"}


@dataclass
class Issues:
    """One row per contact; repeats of a problem share its issue."""

    who: np.ndarray
    at: np.ndarray
    topic: np.ndarray
    order: np.ndarray  # the order's number, or None
    channel: np.ndarray
    issue: np.ndarray

    def __len__(self):
        return len(self.who)

    def only(self, rows: np.ndarray) -> "Issues":
        return Issues(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


def help_people(
    rng: np.random.Generator,
    people: People,
    onboarded: Onboarded,
    orders: Orders,
    memory: Memory,
    stream: Stream,
    voice: Voice,
    *,
    prefix: str,
    with_complainers: bool,
) -> None:
    """Let those in trouble ask, wait, ask again, be helped and say how it was."""
    asked = gather(rng, people, onboarded, orders, stream.now)
    asked.issue = np.array([f"{prefix}I{place:05d}" for place in range(len(asked))], object)
    ticket = 0
    for round_ in range(5):
        if not len(asked):
            return
        number = np.array([f"{prefix}T{ticket + place:05d}" for place in range(len(asked))], object)
        ticket += len(asked)
        again = serve(rng, people, memory, stream, voice, asked, number, round_)
        if round_ == 0 and with_complainers:
            complain(rng, people, onboarded, stream, voice, prefix)
        asked = again


def gather(rng, people: People, onboarded: Onboarded, orders: Orders, now: int) -> Issues:
    """First contacts: out of trouble mostly, out of curiosity sometimes."""
    parts = [*about_the_product(rng, onboarded, now), *about_orders(rng, orders)]
    who = np.concatenate([part.who for part in parts])
    at = wakeful(rng, np.concatenate([part.at for part in parts]))
    topics = np.concatenate([np.full(len(part.who), part.topic, object) for part in parts])
    order = np.concatenate([part.orders for part in parts])
    # Most people keep to the channel they like; the rest take what is at hand.
    keeps = rng.random(len(who)) < 0.7
    channel = np.where(keeps, people.preferred[who], rng.choice(CHANNELS, len(who), p=[0.4, 0.4, 0.2]))
    past = at < now
    return Issues(who, at, topics, order, channel, np.full(len(who), None, object)).only(past)


@dataclass
class Askers:
    """Those who ask about one topic, and when."""

    who: np.ndarray
    at: np.ndarray
    topic: str
    order: np.ndarray | None = None

    @property
    def orders(self) -> np.ndarray:
        return self.order if self.order is not None else np.full(len(self.who), None, object)


def about_the_product(rng, onboarded: Onboarded, now: int) -> Iterator[Askers]:
    who, n = onboarded.who, len(onboarded.who)
    troubled = (onboarded.struggles >= 1) & (rng.random(n) < 0.16 + 0.07 * onboarded.struggles.clip(0, 4))
    yield Askers(who[troubled], onboarded.stuck_at[troubled] + 4 * HOUR, "connecting")
    puzzled = (onboarded.reached >= 1) & (rng.random(n) < 0.10)
    yield Askers(who[puzzled], onboarded.stuck_at[puzzled] + 3 * DAY, "report")
    curious = rng.random(n) < 0.22
    yield Askers(who[curious], onboarded.signed_up[curious] + wander(rng, curious.sum(), 25), "prices")
    users = onboarded.activated & (rng.random(n) < 0.55)
    settled = onboarded.activated_at[users]
    since = settled + ((now - settled).clip(0) * rng.random(users.sum())).astype(np.int64)
    yield Askers(who[users], since, "invoice")


def about_orders(rng, orders: Orders) -> Iterator[Askers]:
    waiting = (orders.days > 6) & (rng.random(len(orders.who)) < 0.05 + 0.022 * orders.days.clip(0, 20))
    waited = (orders.days[waiting] * DAY * rng.uniform(0.6, 1.0, waiting.sum())).astype(np.int64)
    yield Askers(orders.who[waiting], orders.placed[waiting] + waited, "delivery", orders.number[waiting])
    for (who, at), topic, share in (
        (orders.refund_late, "refund", 0.45),
        (orders.refused, "shop refused", 0.65),
        (orders.returning, "how to return", 1.0),
    ):
        some = rng.random(len(who)) < share
        yield Askers(who[some], at[some] + rng.integers(HOUR, DAY, some.sum()), topic)


def wander(rng, n: int, days: int) -> np.ndarray:
    return (rng.random(n) * days * DAY).astype(np.int64)


@dataclass
class Round:
    """One round at the desk: what was asked, by which ticket, and how it was met."""

    asked: Issues
    number: np.ndarray
    count: int
    department: np.ndarray
    waits: np.ndarray
    repeats: np.ndarray  # whether this round was not enough
    gap: np.ndarray  # until they ask again
    solved_at: np.ndarray

    @property
    def answered(self) -> np.ndarray:
        return self.asked.at + self.waits


def serve(
    rng, people: People, memory: Memory, stream: Stream, voice: Voice, asked: Issues, number, count: int
) -> Issues:
    """One round at the desk; answers the contacts that follow because this round was not enough."""
    met = meet(rng, people, asked, number, count)
    speak(rng, people, stream, voice, asked, number, met.department, count)
    reply(rng, people, stream, voice, met)
    solve(rng, people, stream, met)
    rate(rng, people, stream, voice, met)
    waits, repeats = met.waits, met.repeats
    memory.keep("reply_slow", asked.who[waits > 3 * DAY], (asked.at + 3 * DAY)[waits > 3 * DAY])
    memory.keep("told_twice", asked.who[repeats], (asked.at + met.gap)[repeats])
    quick = ~repeats & (waits < DAY)
    memory.keep("solved_quick", asked.who[quick], met.solved_at[quick])
    return ask_again(rng, met, stream.now)


def meet(rng, people: People, asked: Issues, number, count: int) -> Round:
    """How long each waits, and whether that will be enough: slow replies and chats bring people back."""
    department = np.where(asked.topic == "prices", "sales", "support").astype(object)
    waits = reply_waits(rng, people, asked, department)
    slow = waits > 2 * DAY
    pull = 0.9 * slow + 0.5 * (asked.channel == "chat") - 0.4 * people.patience[asked.who] - 0.2 * count
    repeats = happens(rng, pull, truth.CONTACTED_AGAIN)
    gap = lasting(rng, len(asked), median=1.9 * DAY, spread=0.6, longest=6.9 * DAY)
    gap = np.minimum(gap, 6.9 * DAY).astype(np.int64)
    return Round(asked, number, count, department, waits, repeats, gap, asked.at)


def reply(rng, people: People, stream: Stream, voice: Voice, met: Round) -> None:
    """The first reply; by mail, about a delivery, it states a time of its own."""
    asked, ids = met.asked, people.external_id[met.asked.who]
    agent = rng.choice(AGENTS, len(asked))
    stream.add(
        Kind.MESSAGE,
        "Agent Replied",
        met.answered,
        external_id=ids,
        channel=asked.channel,
        subject=met.number,
        text=voice.replies(asked.topic, asked.who, agent),
        properties={"agent": agent, "department": met.department},
    )
    told = (asked.topic == "delivery") & (asked.channel == "email")
    statement = truth.SHIPPING_STATEMENTS[2]
    stream.add(
        Kind.OPERATION,
        "Delivery Time Stated",
        met.answered[told],
        external_id=ids[told],
        channel="email",
        subject=asked.order[told],
        text=f"Delivery can take up to {statement.high_days} days.",
        properties={
            "source": statement.source,
            "low_days": statement.low_days,
            "high_days": statement.high_days,
        },
    )


def solve(rng, people: People, stream: Stream, met: Round) -> None:
    """Tickets are passed on and solved, those of people who ask again only after they did."""
    asked, ids = met.asked, people.external_id[met.asked.who]
    median = np.where(asked.channel == "email", 5 * HOUR, 14 * MINUTE)
    solved_at = met.answered + lasting(rng, len(asked), median=median, spread=1.0, longest=6 * DAY)
    met.solved_at = np.where(met.repeats, np.maximum(solved_at, asked.at + met.gap + HOUR), solved_at)
    moved = rng.random(len(asked)) < 0.10 + 0.12 * (met.count > 0)
    stream.add(
        Kind.OPERATION,
        "Ticket Transferred",
        ((met.answered + met.solved_at) // 2)[moved],
        external_id=ids[moved],
        channel="system",
        subject=met.number[moved],
    )
    stream.add(
        Kind.OPERATION,
        "Ticket Solved",
        met.solved_at,
        external_id=ids,
        channel="system",
        subject=met.number,
        properties={"department": met.department, "topic": asked.topic},
    )


def ask_again(rng, met: Round, now: int) -> Issues:
    """The contacts of the next round, some of them on a channel that is harder to put off."""
    following = met.asked.only(met.repeats)
    following.at = met.asked.at[met.repeats] + met.gap[met.repeats]
    up = np.array([LADDER[channel] for channel in following.channel], object)
    following.channel = np.where(rng.random(len(following)) < 0.45, up, following.channel)
    return following.only(following.at < now)


def reply_waits(rng, people: People, asked: Issues, department) -> np.ndarray:
    """Seconds to the first reply: by department and channel, and longer for one group than for the others."""
    keys = [f"{where}/{channel}" for where, channel in zip(department, asked.channel, strict=True)]
    known = {f"{where}/{channel}": days for (where, channel), days in truth.FIRST_REPLY_MEDIAN_DAYS.items()}
    is_slow = people.language[asked.who] == truth.DISPARITY_LANGUAGE
    median = np.array([known[key] for key in keys]) * DAY * np.where(is_slow, truth.DISPARITY_TIMES, 1.0)
    groups = np.char.add(np.array(keys), is_slow.astype(str))
    return np.clip(median * np.exp(0.45 * evenly(rng, groups)), 20, 40 * DAY).astype(np.int64)


def speak(
    rng, people: People, stream: Stream, voice: Voice, asked: Issues, number, department, round_: int
) -> None:
    """The contact and what was said; some write from an address nobody knew, and confirm it later."""
    ids, email = people.external_id[asked.who], np.full(len(asked), None, object)
    unknown = (asked.channel == "email") & (rng.random(len(asked)) < truth.SECOND_ADDRESS)
    email[unknown] = people.second_email[asked.who[unknown]]
    phone = np.where((asked.channel == "phone") & ~unknown, people.phone[asked.who], None)
    known_by = ids.astype(object)
    known_by[unknown] = None
    said = voice.requests(asked.topic, asked.who, again=round_ > 0)
    stream.add(
        Kind.CONTACT,
        "Help Requested",
        asked.at,
        external_id=known_by,
        email=email,
        phone=phone,
        channel=asked.channel,
        subject=number,
        text=said,
        properties={
            "topic": asked.topic,
            "department": department,
            "issue": asked.issue,
            "order": asked.order,
        },
    )
    ask_about_delivery(stream, asked, ids)
    confirm(rng, stream, asked, ids, email, unknown)


def ask_about_delivery(stream: Stream, asked: Issues, ids) -> None:
    about = asked.order != None  # noqa: E711  (an array of objects)
    stream.add(
        Kind.BEHAVIOR,
        "Delivery Question",
        asked.at[about],
        external_id=ids[about],
        channel=asked.channel[about],
        subject=asked.order[about],
    )


def confirm(rng, stream: Stream, asked: Issues, ids, email, unknown) -> None:
    """The second address is confirmed later, which is how two profiles are found to be one person."""
    confirmed = asked.at[unknown] + rng.integers(HOUR, 3 * DAY, unknown.sum())
    stream.add(
        Kind.BEHAVIOR,
        "Email Confirmed",
        confirmed,
        external_id=ids[unknown],
        email=email[unknown],
        channel="web",
    )


def rate(rng, people: People, stream: Stream, voice: Voice, met: Round) -> None:
    """How satisfied were you, 1 to 5, after the ticket was solved."""
    asked = met.asked
    row = np.flatnonzero(rng.random(len(asked)) < 0.26)
    wait, twice = met.waits[row], met.repeats[row] | (met.count > 0)
    feeling = 4.4 + 0.35 * people.goodwill[asked.who[row]] - 0.45 * np.log1p(wait / DAY) - 0.8 * twice
    score = rated(
        rng,
        feeling,
        low=1,
        high=5,
        goal=lambda scores: (
            float(np.mean(scores >= 4)) - (truth.CSAT_TOP_BOX + 0.08 - 0.19 * min(met.count, 2))
        ),
    )
    cause = np.where(
        score >= 4,
        "solved_quick",
        np.where(twice, "told_twice", np.where(wait > 2 * DAY, "reply_slow", "not_solved")),
    )
    stream.add(
        Kind.ANSWER,
        "Ticket Rated",
        met.solved_at[row] + lasting(rng, len(row), median=5 * HOUR, spread=0.8, longest=4 * DAY),
        external_id=people.external_id[asked.who[row]],
        channel=np.where(asked.channel[row] == "phone", "sms", asked.channel[row]),
        subject=met.number[row],
        step="problem-solved",
        score=score,
        scale="csat5",
        text=voice.comments(cause, asked.who[row], share=0.46, days=np.rint(wait / DAY).clip(1)),
        properties={"topic": asked.topic[row]},
    )


def complain(rng, people: People, onboarded: Onboarded, stream: Stream, voice: Voice, prefix: str) -> None:
    """The twelve who wrote about the very thing that the pilot repaired, before it was repaired."""
    before = stream.now - truth.COMPLAINED_BEFORE_DAYS_AGO * DAY
    early = np.flatnonzero(
        (onboarded.signed_up < before - 5 * DAY) & (onboarded.signed_up > before - 85 * DAY)
    )
    chosen = rng.permutation(early)[: truth.COMPLAINERS]
    who = onboarded.who[chosen]
    at = np.minimum(onboarded.signed_up[chosen] + rng.integers(DAY, 4 * DAY, len(chosen)), before)
    number = np.array([f"{prefix}C{place:02d}" for place in range(len(chosen))], object)
    stream.add(
        Kind.CONTACT,
        "Help Requested",
        at,
        external_id=people.external_id[who],
        channel="email",
        subject=number,
        text=voice.complaints(who),
        properties={
            "topic": "connecting",
            "department": "support",
            "problem": truth.COMPLAINT_PROBLEM,
            "issue": number,
        },
    )
    agent = rng.choice(AGENTS, len(chosen))
    answered = at + lasting(rng, len(chosen), median=7 * DAY, spread=0.3, longest=14 * DAY)
    stream.add(
        Kind.MESSAGE,
        "Agent Replied",
        answered,
        external_id=people.external_id[who],
        channel="email",
        subject=number,
        text=voice.replies(np.full(len(chosen), "connecting", object), who, agent),
        properties={"agent": agent, "department": "support"},
    )
