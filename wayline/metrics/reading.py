"""How a page of numbers is read: which period, which customers, split by what."""

from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from wayline.signals.conditions import CustomerCondition, SignalCondition, SignalIs

from .questions import Period, Question


@dataclass(frozen=True)
class Reading:
    """What one page asks of every metric it shows."""

    period: Period
    timezone: str = "UTC"
    is_all: bool = False  # all signals: nothing lies before them
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
    def first_day_format(self) -> str:
        """How the first day is written before the last: with its year where that is another one."""
        return "j M" if self.first_day.year == self.last_day.year else "j M Y"

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

    @property
    def compared_words(self) -> str:
        """What the numbers are held against, as the end of a sentence."""
        return "all signals there are" if self.is_all else f"compared with the {self.days} days before"

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


def as_query(values: dict) -> str:
    """The values as a query string, without the empty ones."""
    return urlencode({name: value for name, value in values.items() if value not in (None, "")})
