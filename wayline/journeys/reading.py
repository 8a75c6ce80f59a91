"""How a journey is read on a page: period, window, start, and one or two segments."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from wayline.metrics.questions import Period, Start
from wayline.metrics.reading import DEFAULT_PERIOD, LAST_DAYS
from wayline.signals.conditions import CustomerCondition

PERIODS = (*LAST_DAYS, ("all", "All signals"))
LONG_PERIOD = "365"
LONG_WINDOW = timedelta(days=45)


@dataclass(frozen=True)
class Reading:
    """What one page asks, and the query string that asks for it again."""

    period: Period
    period_choice: str
    window: timedelta | None
    start: Start
    segment: CustomerCondition | None = None
    segment_line: str = ""
    against: CustomerCondition | None = None
    against_line: str = ""
    query: str = ""

    @property
    def window_words(self) -> str:
        if self.window is None:
            return "no limit"
        return f"{self.window.days} day{'s' if self.window.days != 1 else ''}"

    @property
    def last_day(self) -> datetime:
        return self.period.end - timedelta(days=1)

    @property
    def is_filtered(self) -> bool:
        return bool(self.segment_line)


def end_of(last_at: datetime | None, now: datetime) -> datetime:
    """The midnight that ends the last day with signals: the same all day long, so that answers keep."""
    last = min(last_at, now) if last_at else now
    return datetime.combine(last.astimezone(UTC).date(), time(), UTC) + timedelta(days=1)


def period_of(choice: str, *, end: datetime, first_at: datetime | None = None) -> Period:
    """The last so many days up to the end; "all" begins with the first signal."""
    if choice == "all":
        first = datetime.combine(first_at.astimezone(UTC).date(), time(), UTC) if first_at else None
        return Period(first or end - timedelta(days=365), end)
    return Period(end - timedelta(days=int(choice)), end)


def usual_period(window: timedelta | None) -> str:
    """The period a journey is read by unless one is chosen: many starts must have had their time."""
    return LONG_PERIOD if window is not None and window > LONG_WINDOW else DEFAULT_PERIOD
