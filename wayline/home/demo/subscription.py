"""Life after set-up: using it, being asked, renewing, and leaving."""

import numpy as np

from wayline.signals.vocabulary import Kind

from . import truth
from .chance import DAY, lasting, rated, time_of_day
from .memory import CAUSES, INDEX, Memory
from .onboarding import Onboarded
from .people import People
from .stream import Stream
from .words import Voice

MONTH = 30 * DAY
MONTHLY_PRICE = {"free": 0.0, "pro": 49.0, "business": 290.0}
USES = {
    "Report Viewed": 0.42,
    "Dashboard Opened": 0.30,
    "Report Shared": 0.12,
    "Alert Set": 0.09,
    "Export Made": 0.07,
}


def live_with_it(
    rng, people: People, onboarded: Onboarded, memory: Memory, stream: Stream, voice: Voice
) -> np.ndarray:
    """Months of use for everybody who got going; answers when each customer left (after now: has not)."""
    left = np.full(len(people), stream.now + MONTH)
    who = onboarded.who[onboarded.activated]
    start = onboarded.activated_at[onboarded.activated]
    here = start < stream.now
    who, start = who[here], start[here]
    staying = np.ones(len(who), bool)
    for month in range(1, truth.HISTORY_DAYS // 30 + 1):
        at = start + month * MONTH
        leaves = decide(rng, people, memory, stream, voice, who, at, staying)
        left[who[leaves]] = at[leaves]
        staying &= ~leaves
    use(rng, people, who, start, left[who], stream)
    return left


def decide(rng, people: People, memory: Memory, stream: Stream, voice: Voice, who, at, staying) -> np.ndarray:
    """At the end of a month some leave, by their mood, and those who pay renew; answers who left."""
    plan = people.plan[who]
    price = np.array([MONTHLY_PRICE[name] for name in plan])
    moment = np.full(len(people), stream.now + MONTH)
    moment[who] = at
    mood, weightiest = memory.at_moment(moment)
    hazard = 1 / (1 + np.exp(3.25 + 0.85 * mood[who] + 0.35 * people.goodwill[who]))
    leaves = staying & (rng.random(len(who)) < hazard) & (at < stream.now)
    renews = staying & ~leaves & (price > 0)
    stream.add(
        Kind.OPERATION,
        "Subscription Renewed",
        at[renews],
        external_id=people.external_id[who[renews]],
        channel="system",
        value=price[renews],
        properties={"plan": plan[renews]},
    )
    causes = [CAUSES[place] if place >= 0 else "price" for place in weightiest[who[leaves]]]
    stream.add(
        Kind.BEHAVIOR,
        "Subscription Canceled",
        at[leaves],
        external_id=people.external_id[who[leaves]],
        channel="web",
        text=voice.comments(np.array(causes, object), who[leaves], share=0.6, leaving=True),
        properties={"plan": plan[leaves]},
    )
    return leaves


def use(rng, people: People, who, start, left, stream: Stream) -> None:
    """Sessions and what is done in them; they thin out in the three weeks before somebody leaves."""
    ends = np.minimum(left, stream.now)
    weekly = np.array([{"free": 0.9, "pro": 1.6, "business": 2.6}[plan] for plan in people.plan[who]])
    pace = weekly * np.exp(0.3 * people.goodwill[who]) / 7
    sessions = rng.poisson(np.clip((ends - start) / DAY * pace, 0, 400))
    row = np.repeat(np.arange(len(who)), sessions)
    at = start[row] + ((ends - start)[row] * rng.random(len(row))).astype(np.int64)
    at = at - at % DAY + time_of_day(rng, len(at))
    fading = (left[row] - at < 21 * DAY) & (left[row] < stream.now)
    weekend = (at // DAY + 3) % 7 >= 5
    kept = (
        (at > start[row])
        & (at < ends[row])
        & (rng.random(len(row)) > 0.75 * fading)
        & (rng.random(len(row)) > 0.5 * weekend)
    )
    row, at = row[kept], at[kept]
    ids = people.external_id[who[row]]
    stream.add(Kind.BEHAVIOR, "Session Started", at, external_id=ids, channel="web")
    for name, share in USES.items():
        does = rng.random(len(row)) < share
        stream.add(
            Kind.BEHAVIOR,
            name,
            at[does] + rng.integers(30, 1500, does.sum()),
            external_id=ids[does],
            channel="web",
        )


def ask_quarterly(
    rng, people: People, onboarded: Onboarded, memory: Memory, left, stream: Stream, voice: Voice
) -> None:
    """How likely would you recommend us, 0 to 10: everybody once a quarter, spread over its weeks."""
    offset = rng.integers(0, 91, len(people)) * DAY + rng.integers(8, 17, len(people)) * 3600
    known_since = people.joined + 20 * DAY
    gave_up = np.zeros(len(people), bool)
    gave_up[onboarded.who[~onboarded.activated]] = True
    gave_up &= people.line == "cloud"
    for quarter in range(4):
        sent = stream.now - (stream.now % DAY) - quarter * 91 * DAY - offset
        mood, weightiest = memory.at_moment(sent)
        asked = np.flatnonzero(
            (sent > known_since) & (sent < left) & ~(gave_up & (sent > people.joined + 100 * DAY))
        )
        stream.add(
            Kind.OPERATION,
            "Survey Sent",
            sent[asked],
            external_id=people.external_id[asked],
            channel="email",
            properties={"survey": "Quarterly NPS"},
        )
        willing = 0.20 + 0.05 * np.clip(np.abs(mood[asked]), 0, 3) + 0.03 * (people.patience[asked] > 0)
        row = asked[rng.random(len(asked)) < willing]
        answer_survey(rng, people, stream, voice, row, sent[row], mood[row], weightiest[row])


def answer_survey(rng, people: People, stream: Stream, voice: Voice, row, sent, mood, weightiest) -> None:
    """A score by the mood of the day, and words about what weighs most, where they fit the score."""
    feeling = mood * 1.25 + 0.9 * people.goodwill[row]
    score = rated(rng, feeling + 7.5, low=0, high=10, goal=lambda scores: recommend(scores) - truth.NPS)
    cause = np.where(
        weightiest >= 0, np.array(CAUSES, object)[weightiest], np.where(score >= 8, "works_daily", "price")
    )
    warm = np.isin(weightiest, [INDEX[name] for name in CAUSES if voice.is_kind(name)])
    cause = np.where((score >= 9) & ~warm, "works_daily", np.where((score <= 6) & warm, "price", cause))
    stream.add(
        Kind.ANSWER,
        "NPS Answered",
        sent + lasting(rng, len(row), median=0.6 * DAY, spread=1.0, longest=12 * DAY),
        external_id=people.external_id[row],
        channel="email",
        score=score,
        scale="nps",
        text=voice.comments(cause, row, share=0.5),
    )


def recommend(scores: np.ndarray) -> float:
    return float(100 * (np.mean(scores >= 9) - np.mean(scores <= 6)))


def review(rng, people: People, memory: Memory, stream: Stream, voice: Voice) -> None:
    """A few who feel strongly say so in public, unasked."""
    moment = stream.now - rng.integers(0, 360, len(people)) * DAY - rng.integers(0, DAY, len(people))
    mood, weightiest = memory.at_moment(moment)
    loud = np.flatnonzero(
        (weightiest >= 0) & (rng.random(len(people)) < 0.015 * np.abs(mood)) & (moment > people.joined)
    )
    if not len(loud):
        return
    stars = np.clip(np.rint(3.4 + 0.9 * mood[loud] + rng.normal(0, 0.6, len(loud))), 1, 5)
    cause = np.array(CAUSES, object)[weightiest[loud]]
    kind = np.array([voice.is_kind(name) for name in cause])
    cause = np.where((stars >= 4) & ~kind, "works_daily", np.where((stars <= 2) & kind, "price", cause))
    stream.add(
        Kind.REVIEW,
        "Public Review",
        moment[loud],
        external_id=people.external_id[loud],
        channel="review site",
        score=stars,
        scale="stars5",
        text=voice.comments(cause, loud, share=1.0),
    )
