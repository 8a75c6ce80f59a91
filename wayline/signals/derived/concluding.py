"""What rules conclude, by arrays: pure functions of a customer's signals, whatever order they arrived in."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
from scipy import stats

from .rules import Changed, Falling, Followed, Repeat, Rule, Silent

HOUR = np.timedelta64(1, "h")
DAY = np.timedelta64(1, "D")
RECENT, BASELINE = 7, 28  # days
FEWEST_DAYS = 8  # active days of the baseline; with fewer, a week without says nothing


@dataclass(frozen=True)
class Rows:
    """Signals in order of group, time and arrival. A group is what a rule looks at together.

    `is_of` and `is_then` say which of the rule's two sorts each is; `value` is what may change.
    """

    group: np.ndarray
    at: np.ndarray
    channel: np.ndarray
    value: np.ndarray
    is_of: np.ndarray
    is_then: np.ndarray

    def of(self, mask: np.ndarray) -> "Rows":
        """Only these rows."""
        columns = (self.group, self.at, self.channel, self.value, self.is_of, self.is_then)
        return Rows(*(column[mask] for column in columns))


@dataclass(frozen=True)
class Conclusions:
    """The row that each conclusion stands on, the earlier row it needs (−1: none), and when it became so."""

    last: np.ndarray
    first: np.ndarray
    at: np.ndarray
    details: list[dict[str, str]] = field(default_factory=list)


def conclude(rule: Rule, rows: Rows, clock: datetime) -> Conclusions:
    """Everything the rule concludes from these rows by the time of the clock."""
    now = np.datetime64(clock.astimezone(UTC).replace(tzinfo=None), "us")
    match rule:
        case Repeat():
            return _repeats(rule, rows)
        case Followed():
            return _followed(rule, rows)
        case Changed():
            return _changes(rule, rows)
        case Silent():
            return _silences(rule, rows, now)
        case Falling():
            return _falls(rule, rows, now)
    raise TypeError(rule)


def _within(rows: Rows, last: np.ndarray, first: np.ndarray, hours: int) -> np.ndarray:
    is_there = first >= 0
    before = np.maximum(first, 0)
    return (
        is_there
        & (rows.group[last] == rows.group[before])
        & (rows.at[last] - rows.at[before] <= hours * HOUR)
    )


def _repeats(rule: Repeat, rows: Rows) -> Conclusions:
    last = np.flatnonzero(rows.is_of)
    first = np.concatenate([[-1], last[:-1]]) if last.size else last
    if rule.on_another_channel and last.size:
        # The latest before on another channel is the last one of the run of equal channels before.
        begins = np.ones(last.size, bool)
        begins[1:] = (rows.channel[last[1:]] != rows.channel[last[:-1]]) | (
            rows.group[last[1:]] != rows.group[last[:-1]]
        )
        run = np.flatnonzero(begins)[np.cumsum(begins) - 1]
        first = np.where(run > 0, last[np.maximum(run - 1, 0)], -1)
    held = _within(rows, last, first, rule.within_hours)
    if rule.on_another_channel:
        held &= (rows.channel[last] != "") & (rows.channel[np.maximum(first, 0)] != "")
    return Conclusions(last[held], first[held], rows.at[last[held]])


def _followed(rule: Followed, rows: Rows) -> Conclusions:
    """Only the first after each: what comes again later follows nothing new."""
    places = np.arange(rows.at.size)
    last = np.flatnonzero(rows.is_then)
    before_of = _latest_before(np.where(rows.is_of, places, -1))[last]
    before_then = _latest_before(np.where(rows.is_then & ~rows.is_of, places, -1))[last]
    held = _within(rows, last, before_of, rule.within_hours) & (before_then < before_of)
    return Conclusions(last[held], before_of[held], rows.at[last[held]])


def _latest_before(places: np.ndarray) -> np.ndarray:
    latest = np.maximum.accumulate(places) if places.size else places
    return np.concatenate([[-1], latest[:-1]]) if latest.size else latest


def _changes(rule: Changed, rows: Rows) -> Conclusions:
    last = np.flatnonzero(rows.is_of & (rows.value != ""))
    first = np.concatenate([[-1], last[:-1]]) if last.size else last
    held = _within(rows, last, first, rule.within_hours)
    held &= rows.value[last] != rows.value[np.maximum(first, 0)]
    last, first = last[held], first[held]
    details = [
        {"before": str(before), "after": str(after)}
        for before, after in zip(rows.value[first], rows.value[last], strict=True)
    ]
    return Conclusions(last, first, rows.at[last], details)


def _silences(rule: Silent, rows: Rows, now: np.datetime64) -> Conclusions:
    """The next of either sort ends the wait: another purchase is no silence after the one before."""
    last = np.flatnonzero(rows.is_of)
    if not rows.at.size:
        return Conclusions(last, last, rows.at)
    following = np.minimum(last + 1, rows.at.size - 1)
    due = rows.at[last] + rule.days * DAY
    is_last = (last + 1 >= rows.at.size) | (rows.group[following] != rows.group[last])
    held = np.where(is_last, due <= now, (rows.at[following] > due) & (due <= now))
    last = last[held]
    return Conclusions(last, np.full(last.size, -1), due[held])


def _falls(rule: Falling, rows: Rows, now: np.datetime64) -> Conclusions:
    days = rows.at.astype("datetime64[D]").astype(np.int64)
    empty = np.zeros(0, np.int64)
    if not days.size:
        return Conclusions(empty, empty, rows.at)
    # Day 0 of NumPy's calendar was a Thursday; weeks are compared from Monday to Monday.
    first_day = int(days.min())
    first_end = first_day + BASELINE + RECENT
    first_end += (4 - first_end) % 7
    last_day = int(now.astype("datetime64[D]").astype(np.int64))
    people, person = np.unique(rows.group, return_inverse=True)
    active = np.zeros((people.size, max(last_day - first_day, 0) + 1), bool)
    active[person, np.minimum(days, last_day) - first_day] = True
    fell_before = np.zeros(people.size, bool)
    found, ends, details = [], [], []
    for end in range(first_end, last_day + 1, 7):
        low, base, recent = _far_below(active, end - first_day, rule.chance)
        for who in np.flatnonzero(low & ~fell_before):
            place = np.searchsorted(person, who, side="right") - 1
            found.append(place - int(np.count_nonzero(days[person == who] >= end)))
            ends.append(end)
            details.append({"active_days": str(recent[who]), "of_28_before": str(base[who])})
        fell_before = low
    at = np.array(ends, dtype=np.int64).astype("datetime64[D]").astype("datetime64[us]")
    return Conclusions(np.array(found, np.int64), np.full(len(found), -1), at, details)


def _far_below(active: np.ndarray, end: int, chance: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Who was active on so few of the last seven days that their own four weeks before do not explain it.

    A day is active or not, so that one busy day makes no baseline. Where everybody does less, at a holiday,
    less is expected of each.
    """
    base = active[:, end - RECENT - BASELINE : end - RECENT].sum(axis=1)
    recent = active[:, end - RECENT : end].sum(axis=1)
    # The mean under Jeffreys' prior: whoever was active every day may still miss one.
    share = (base + 0.5) / (BASELINE + 1)
    is_known = base >= FEWEST_DAYS
    expected = RECENT * share[is_known].sum()
    holiday = min(1.0, recent[is_known].sum() / expected) if expected else 1.0
    tail = stats.binom.cdf(recent, RECENT, share * holiday)
    return is_known & (tail < chance), base, recent
