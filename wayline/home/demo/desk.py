"""The support desk: who asks for help and why, how long they wait, and whether once was enough."""

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
    parts: list[tuple[np.ndarray, np.ndarray, str, np.ndarray | None]] = []

    def ask(who, at, topic, order=None):
        parts.append((who, at, topic, order))

    troubled = (onboarded.struggles >= 1) & (
        rng.random(len(onboarded.who)) < 0.16 + 0.07 * onboarded.struggles.clip(0, 4)
    )
    ask(onboarded.who[troubled], onboarded.stuck_at[troubled] + 4 * HOUR, "connecting")
    puzzled = (onboarded.reached >= 1) & (rng.random(len(onboarded.who)) < 0.10)
    ask(onboarded.who[puzzled], onboarded.stuck_at[puzzled] + 3 * DAY, "report")
    curious = rng.random(len(onboarded.who)) < 0.22
    ask(onboarded.who[curious], onboarded.signed_up[curious] + wander(rng, curious.sum(), 25), "prices")
    users = onboarded.activated & (rng.random(len(onboarded.who)) < 0.55)
    settled = onboarded.activated_at[users]
    since = settled + ((now - settled).clip(0) * rng.random(users.sum())).astype(np.int64)
    ask(onboarded.who[users], since, "invoice")

    waiting = (orders.days > 6) & (rng.random(len(orders.who)) < 0.05 + 0.022 * orders.days.clip(0, 20))
    waited = (orders.days[waiting] * DAY * rng.uniform(0.6, 1.0, waiting.sum())).astype(np.int64)
    ask(orders.who[waiting], orders.placed[waiting] + waited, "delivery", orders.number[waiting])
    for (who, at), topic, share in (
        (orders.refund_late, "refund", 0.45),
        (orders.refused, "shop refused", 0.65),
        (orders.returning, "how to return", 1.0),
    ):
        some = rng.random(len(who)) < share
        ask(who[some], at[some] + rng.integers(HOUR, DAY, some.sum()), topic)

    who = np.concatenate([part[0] for part in parts])
    at = wakeful(rng, np.concatenate([part[1] for part in parts]))
    topics = np.concatenate([np.full(len(part[0]), part[2], object) for part in parts])
    order = np.concatenate(
        [part[3] if part[3] is not None else np.full(len(part[0]), None, object) for part in parts]
    )
    preferred = people.preferred[who]
    channel = np.where(
        rng.random(len(who)) < 0.7, preferred, rng.choice(CHANNELS, len(who), p=[0.4, 0.4, 0.2])
    )
    past = at < now
    return Issues(who, at, topics, order, channel, np.full(len(who), None, object)).only(past)


def wander(rng, n: int, days: int) -> np.ndarray:
    return (rng.random(n) * days * DAY).astype(np.int64)


def serve(
    rng, people: People, memory: Memory, stream: Stream, voice: Voice, asked: Issues, number, round_: int
) -> Issues:
    """One round at the desk; answers the contacts that follow because this round was not enough."""
    department = np.where(asked.topic == "prices", "sales", "support").astype(object)
    waits = reply_waits(rng, people, asked, department)
    slow = waits > 2 * DAY
    pull = 0.9 * slow + 0.5 * (asked.channel == "chat") - 0.4 * people.patience[asked.who] - 0.2 * round_
    repeats = happens(rng, pull, truth.CONTACTED_AGAIN)
    gap = np.minimum(
        lasting(rng, len(asked), median=1.9 * DAY, spread=0.6, longest=6.9 * DAY), 6.9 * DAY
    ).astype(np.int64)

    speak(rng, people, stream, voice, asked, number, department, round_)
    answered = asked.at + waits
    ids = people.external_id[asked.who]
    agent = rng.choice(AGENTS, len(asked))
    channel = asked.channel
    stream.add(
        Kind.MESSAGE,
        "Agent Replied",
        answered,
        external_id=ids,
        channel=channel,
        subject=number,
        text=voice.replies(asked.topic, asked.who, agent),
        properties={"agent": agent, "department": department},
    )
    told = (asked.topic == "delivery") & (channel == "email")
    statement = truth.SHIPPING_STATEMENTS[2]
    stream.add(
        Kind.OPERATION,
        "Delivery Time Stated",
        answered[told],
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
    solved_at = answered + lasting(
        rng,
        len(asked),
        median=np.where(channel == "email", 5 * HOUR, 14 * MINUTE),
        spread=1.0,
        longest=6 * DAY,
    )
    solved_at = np.where(repeats, np.maximum(solved_at, asked.at + gap + HOUR), solved_at)
    moved = rng.random(len(asked)) < 0.10 + 0.12 * (round_ > 0)
    stream.add(
        Kind.OPERATION,
        "Ticket Transferred",
        ((answered + solved_at) // 2)[moved],
        external_id=ids[moved],
        channel="system",
        subject=number[moved],
    )
    stream.add(
        Kind.OPERATION,
        "Ticket Solved",
        solved_at,
        external_id=ids,
        channel="system",
        subject=number,
        properties={"department": department, "topic": asked.topic},
    )
    rate(rng, people, stream, voice, asked, number, waits, repeats, round_, solved_at)
    memory.keep("reply_slow", asked.who[waits > 3 * DAY], (asked.at + 3 * DAY)[waits > 3 * DAY])
    memory.keep("told_twice", asked.who[repeats], (asked.at + gap)[repeats])
    quick = ~repeats & (waits < DAY)
    memory.keep("solved_quick", asked.who[quick], solved_at[quick])

    following = asked.only(repeats)
    following.at = asked.at[repeats] + gap[repeats]
    up = np.array([LADDER[channel] for channel in following.channel], object)
    following.channel = np.where(rng.random(len(following)) < 0.45, up, following.channel)
    return following.only(following.at < stream.now)


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
    about = asked.order != None  # noqa: E711  (an array of objects)
    stream.add(
        Kind.BEHAVIOR,
        "Delivery Question",
        asked.at[about],
        external_id=ids[about],
        channel=asked.channel[about],
        subject=asked.order[about],
    )
    confirmed = asked.at[unknown] + rng.integers(HOUR, 3 * DAY, unknown.sum())
    stream.add(
        Kind.BEHAVIOR,
        "Email Confirmed",
        confirmed,
        external_id=ids[unknown],
        email=email[unknown],
        channel="web",
    )


def rate(
    rng,
    people: People,
    stream: Stream,
    voice: Voice,
    asked: Issues,
    number,
    waits,
    repeats,
    round_,
    solved_at,
) -> None:
    """How satisfied were you, 1 to 5, after the ticket was solved."""
    row = np.flatnonzero(rng.random(len(asked)) < 0.26)
    wait, twice = waits[row], repeats[row] | (round_ > 0)
    feeling = 4.4 + 0.35 * people.goodwill[asked.who[row]] - 0.45 * np.log1p(wait / DAY) - 0.8 * twice
    score = rated(
        rng,
        feeling,
        low=1,
        high=5,
        goal=lambda scores: np.mean(scores >= 4) - (truth.CSAT_TOP_BOX + 0.08 - 0.19 * min(round_, 2)),
    )
    cause = np.where(
        score >= 4,
        "solved_quick",
        np.where(twice, "told_twice", np.where(wait > 2 * DAY, "reply_slow", "not_solved")),
    )
    stream.add(
        Kind.ANSWER,
        "Ticket Rated",
        solved_at[row] + lasting(rng, len(row), median=5 * HOUR, spread=0.8, longest=4 * DAY),
        external_id=people.external_id[asked.who[row]],
        channel=np.where(asked.channel[row] == "phone", "sms", asked.channel[row]),
        subject=number[row],
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
