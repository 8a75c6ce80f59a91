"""Which step each score and each sentence belongs to, and what they come to there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import ibis
import numpy as np

from wayline.metrics import cache
from wayline.metrics.questions import FlowQuestion, FlowStep, Words
from wayline.metrics.runs import (
    Run,
    asked_at,
    last_moment,
    micros,
    moment,
    of_segment,
    own_signals,
    run,
)
from wayline.signals.conditions import SignalIs, sources_of_any
from wayline.signals.vocabulary import SCALES, Kind
from wayline.statistics import means, nps
from wayline.statistics.estimates import Change, Estimate
from wayline.statistics.moments import Moments
from wayline.warehouse import connect

NO_STEP = -1
WORST, BEST = -2.0, 2.0
# Messages go both ways; these kinds are always the customer speaking.
SPOKEN = (Kind.ANSWER, Kind.REVIEW, Kind.CONTACT)

_voices = cache.Kept(8)


@dataclass(frozen=True)
class Voices:
    """Scores and sentences, sorted by the step they belong to (its place in the question).

    `scale` is a place in SCALES, −1 for a sentence without a score we know how to read. `unit` is whose
    attempt it belongs to: the customer's, or one order's or ticket's of the customer; −1 where nobody knows.
    """

    step: np.ndarray
    customer: np.ndarray
    at: np.ndarray
    seq: np.ndarray
    score: np.ndarray
    scale: np.ndarray
    weight: np.ndarray
    has_text: np.ndarray
    unit: np.ndarray

    def where(self, chosen: np.ndarray | slice) -> "Voices":
        return Voices(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))

    def at_step(self, step: int) -> "Voices":
        first, last = np.searchsorted(self.step, [step, step + 1])
        return self.where(slice(first, last))

    @property
    def is_scored(self) -> np.ndarray:
        return self.scale >= 0

    @property
    def feeling(self) -> np.ndarray:
        """Every score on the one scale from −2 to +2; not a number where there is none."""
        scales = list(SCALES.values())
        low = np.array([scale.low for scale in scales] + [0.0])[self.scale]
        high = np.array([scale.high for scale in scales] + [1.0])[self.scale]
        share = (self.score - low) / (high - low)
        share = np.where(
            np.array([scale.is_easy_high for scale in scales] + [True])[self.scale], share, 1 - share
        )
        return np.where(self.is_scored, WORST + (BEST - WORST) * share, np.nan)


def voices(question: FlowQuestion, *, now: datetime | None = None) -> Voices:
    """What customers scored and said along the journey."""
    now = now or asked_at(question)
    return _voices.get(lambda: _attributed(run(question, now=now), now), question, now)


def _attributed(found: Run, now: datetime) -> Voices:
    question = found.question
    signals = of_segment(own_signals(question, until=last_moment(question, now)), question, now)
    subject = ["subject"] if question.follow == "subject" else []
    called, own = _called(question.steps), _own_sources(question.steps)
    # Only what every row needs is asked of the engine; what few rows need is decided here.
    heard = signals.filter(signals.score.notnull() | signals.text.notnull()).select(
        "customer",
        "at",
        "seq",
        "score",
        *subject,
        scale=_place(signals.scale, list(SCALES)),
        weight=signals.weight.fill_null(1.0),
        is_spoken=(_place(signals.kind, list(SPOKEN)) >= 0) & (signals.text != "").fill_null(False),
        named=_place(as_key(signals.step), list(called)),
        **({} if own is None else {"sender": _place(signals.source, sorted(own))}),
    )
    rows = connect.current().run(heard)
    places = np.array([*called.values(), NO_STEP])
    customer, at = rows["customer"].to_numpy(), rows["at"].to_numpy().view(np.int64)
    about = rows["subject"] if question.follow == "subject" else None
    unit = found.units.of(customer, about)
    reached, is_within = _last_reached(found, unit, at)
    named = places[rows["named"].to_numpy().astype(np.int64)]  # −1, no name known, is the last place
    counts = is_within | (at < micros(question.period.end))
    if own is not None:
        # Others speak of their own steps of that name, unless it is a customer of this journey who does.
        counts &= (rows["sender"].to_numpy() >= 0) | np.isin(customer, found.owner)
    step = np.where((named >= 0) & counts, named, np.where(named < 0, reached, NO_STEP))
    heard = Voices(
        step,
        customer,
        at,
        rows["seq"].to_numpy(),
        rows["score"].to_numpy(),
        _readable(rows["scale"].to_numpy(), rows["score"].to_numpy()),
        rows["weight"].to_numpy(),
        rows["is_spoken"].to_numpy(),
        unit,
    )
    kept = np.flatnonzero((step >= 0) & (heard.is_scored | heard.has_text))
    return heard.where(kept[np.argsort(step[kept], kind="stable")])


def _called(steps: Sequence[FlowStep]) -> dict[str, int]:
    """What a signal may call each step, with the step's place: its key, or a signal it is bound to."""
    places = {step.key: place for place, step in enumerate(steps)}
    for place, step in enumerate(steps):
        names = step.condition.names if isinstance(step.condition, SignalIs) else ()
        for name in names:
            places.setdefault(name.lower().replace(" ", "-").replace("_", "-"), place)
    return places


def _own_sources(steps: Sequence[FlowStep]) -> frozenset[str] | None:
    """The sources whose signals the journey is about, None when a bound step takes those of everybody."""
    return sources_of_any([step.condition for step in steps if step.condition is not None]) or None


def as_key(step: ibis.Value) -> ibis.Value:
    """A step as signals name it, written as keys are: "Order delivered" means order-delivered."""
    return step.lower().replace(" ", "-").replace("_", "-")


def _place(column: ibis.Value, wanted: list[str]) -> ibis.Value:
    """Where the column's value stands in the list, −1 if it does not."""
    return ibis.array(wanted).index(column).fill_null(NO_STEP).cast("int16")


def _readable(scale: np.ndarray, score: np.ndarray) -> np.ndarray:
    """The scale of each score, −1 where there is none or the score is not on it."""
    low = np.array([each.low for each in SCALES.values()])[scale]
    high = np.array([each.high for each in SCALES.values()])[scale]
    return np.where((score >= low) & (score <= high), scale, NO_STEP)


def _last_reached(found: Run, unit: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The step each unit had reached by then in its deciding attempt, and whether it was within it."""
    attempts = found.attempts
    if not len(attempts.unit):
        return np.full(len(at), NO_STEP), np.zeros(len(at), bool)
    place = np.searchsorted(attempts.unit, unit).clip(max=len(attempts.unit) - 1)
    is_within = (
        (attempts.unit[place] == unit) & (at >= attempts.start_at[place]) & (at <= attempts.ends_at[place])
    )
    reached = np.full(len(at), NO_STEP)
    for n, step in enumerate(found.bound):
        row = found.trace.row[place, n]
        reached[(row >= 0) & (attempts.log.at[row] <= at)] = step
    return np.where(is_within, reached, NO_STEP), is_within


def scores(heard: Voices) -> dict[str, Estimate]:
    """One estimate for each scale, on its own unit: never scales mixed."""
    estimates = {}
    for place, scale in enumerate(SCALES.values()):
        on_it = heard.where(heard.scale == place)
        if not len(on_it.score):
            continue
        if scale.slug == "nps":
            value = (on_it.score >= 9).astype(float) - (on_it.score <= 6)
            estimates[scale.slug] = nps.from_moments(moments(value, on_it))
        else:
            bounds = (scale.low, scale.high)
            estimates[scale.slug] = means.from_moments(moments(on_it.score, on_it), bounds=bounds)
    return estimates


def score_change(scale: str, now: Estimate, before: Estimate) -> Change:
    return nps.change(now, before) if scale == "nps" else means.change(now, before)


def feeling(heard: Voices) -> Estimate | None:
    """The mean of all scores, each brought to −2 to +2."""
    scored = heard.where(heard.is_scored)
    if not len(scored.score):
        return None
    return means.from_moments(moments(scored.feeling, scored), bounds=(WORST, BEST))


def moments(value: np.ndarray, heard: Voices) -> Moments:
    """The sums that estimates are finished from, over answers and over the customers who gave them."""
    return summed(value, heard.weight, heard.customer)


def summed(value: np.ndarray, weight: np.ndarray, customer: np.ndarray) -> Moments:
    """The moments of values of customers, who may have several."""
    _, whose = np.unique(customer, return_inverse=True)
    weights, totals = np.bincount(whose, weight), np.bincount(whose, weight * value)
    return Moments(
        n=len(value),
        weight=float(weight.sum()),
        weight_squared=float((weight**2).sum()),
        total=float((weight * value).sum()),
        squares=float((weight * value**2).sum()),
        clusters=len(weights),
        own_total=float((weight**2 * value).sum()),
        own_squares=float((weight**2 * value**2).sum()),
        cluster_weight=float((weights**2).sum()),
        cluster_cross=float((weights * totals).sum()),
        cluster_total=float((totals**2).sum()),
    )


def chosen_words(heard: Voices, limit: int) -> list[int]:
    """A representative few sentences: low and high in their proportions, latest first, one a customer."""
    spoken = np.flatnonzero(heard.has_text)
    spoken = spoken[np.lexsort((-heard.seq[spoken], -heard.at[spoken]))]
    _, first = np.unique(heard.customer[spoken], return_index=True)
    spoken = spoken[np.sort(first)]
    felt = heard.feeling[spoken]
    low, high = spoken[felt < 0], spoken[felt > 0]
    others = spoken[~(felt < 0) & ~(felt > 0)]
    if len(low) and len(high) and limit > 1:
        lows = round(limit * len(low) / (len(low) + len(high)))
        lows = min(max(lows, 1), limit - 1)
        some = [*low[:lows], *high[: limit - lows]]
    else:
        some = [*low[:limit], *high[:limit]]
    return [int(n) for n in [*some, *others][:limit]]


def quoted(question: FlowQuestion, heard: Voices, chosen: list[int]) -> dict[int, Words]:
    """The sentences themselves, by their place among the voices."""
    if not chosen:
        return {}
    signals = own_signals(question)
    wanted = {(int(heard.customer[n]), int(heard.seq[n])): n for n in chosen}
    found = signals.filter(
        signals.customer.isin(sorted({customer for customer, _ in wanted})),
        signals.seq.isin(sorted({seq for _, seq in wanted})),
        signals.text.notnull(),
    ).select("customer", "seq", "at", "text", "channel", "score", "scale")
    words = {}
    for row in connect.current().run(found).to_pylist():
        place = wanted.get((row["customer"], row["seq"]))
        if place is not None:
            at = moment(heard.at[place])
            words[place] = Words(row["text"], at, row["customer"], row["channel"], row["score"], row["scale"])
    return words
