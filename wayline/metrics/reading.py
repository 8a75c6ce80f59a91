"""How a page of numbers is read: which period, which customers, split by what."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from wayline.signals.conditions import CustomerCondition, SignalCondition, SignalIs

from .questions import Period, Question

LAST_DAYS = (("7", "7 days"), ("28", "28 days"), ("90", "90 days"), ("365", "365 days"))
PERIODS = (*LAST_DAYS, ("dates", "Dates"))
DEFAULT_PERIOD = "90"


@dataclass(frozen=True)
class Reading:
    """What one page asks of every metric it shows."""

    period: Period
    timezone: str = "UTC"
    segment: CustomerCondition | None = None
    segment_words: str = ""
    by: str = ""
    of: str = ""
    then: str = ""
    within: timedelta | None = None

    @property
    def first_day(self) -> date:
        return self.period.start.astimezone(ZoneInfo(self.timezone)).date()

    @property
    def last_day(self) -> date:
        return (self.period.end - timedelta(seconds=1)).astimezone(ZoneInfo(self.timezone)).date()

    @property
    def split_words(self) -> str:
        """What the page splits by: "channel", or the property's or trait's own name."""
        return self.by.partition(":")[2] or self.by

    @property
    def days(self) -> int:
        return (self.last_day - self.first_day).days + 1

    @property
    def rhythm(self) -> str:
        """How long one point of a trend lasts: long enough for about a dozen of them."""
        return "day" if self.days <= 21 else "week" if self.days <= 400 else "month"

    def question(self, workspace: int, metric: str, *, by: tuple[str, ...] = ()) -> Question:
        """The question this page asks of one metric."""
        return Question(
            workspace=workspace,
            metric=metric,
            period=self.period,
            by=by,
            segment=self.segment,
            of=signal_of(self.of),
            then=signal_of(self.then),
            within=self.within,
            timezone=self.timezone,
        )


def signal_of(name: str) -> SignalCondition | None:
    return SignalIs(names=(name,)) if name else None


def last_days(count: int, *, end: date, timezone: str) -> Period:
    """So many whole days, the last of them included."""
    return between(end - timedelta(days=count - 1), end, timezone=timezone)


def between(first: date, last: date, *, timezone: str) -> Period:
    """From the first midnight to the midnight after the last day, on the wall clock of the time zone."""
    zone = ZoneInfo(timezone)
    start = datetime.combine(first, time(), zone).astimezone(UTC)
    return Period(start, datetime.combine(last + timedelta(days=1), time(), zone).astimezone(UTC))


def last_day(last_at: datetime | None, now: datetime, timezone: str) -> date:
    """The last day with signals: the same for every reader of that day, so answers keep."""
    return min(last_at or now, now).astimezone(ZoneInfo(timezone)).date()


def as_query(values: dict) -> str:
    """The values as a query string, without the empty ones."""
    return urlencode({name: value for name, value in values.items() if value not in (None, "")})
