"""The period of a page, of an endpoint and of a command: the last days, two days chosen, or all signals."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field

from wayline.accounts.models import Workspace

from . import answers, extent
from .questions import Period

ALL, DATES = "all", "dates"
LAST_DAYS = (("7", "Last 7 days"), ("28", "Last 28 days"), ("90", "Last 90 days"), ("365", "Last 365 days"))
PERIODS = (*LAST_DAYS, (ALL, "All signals"), (DATES, "From day to day"))
DEFAULT_PERIOD = "90"
# Beyond these nobody has signals, and the period before would begin before the calendar does.
EARLIEST, LATEST = date(1900, 1, 1), date(2200, 1, 1)
Day = Annotated[date, Field(ge=EARLIEST, le=LATEST)]


@dataclass(frozen=True)
class Extent:
    """The first and the last day a workspace's signals speak of, on its own wall clock."""

    first_day: date
    last_day: date
    timezone: str

    def last(self, days: int) -> Period:
        """So many whole days up to the last one with signals, that one included."""
        return self.between(self.last_day - timedelta(days=days - 1), self.last_day)

    def between(self, first: date, last: date) -> Period:
        return between(first, last, timezone=self.timezone)

    def period(self, choice: str) -> Period:
        """What one of the choices means here."""
        return self.between(self.first_day, self.last_day) if choice == ALL else self.last(int(choice))

    def days(self, period: Period) -> tuple[date, date]:
        """The first and the last day of a period, on this wall clock."""
        zone = ZoneInfo(self.timezone)
        last = period.end - timedelta(seconds=1)
        return period.start.astimezone(zone).date(), last.astimezone(zone).date()

    def holds(self, period: Period) -> bool:
        """Whether the period reaches into the days with signals."""
        everything = self.period(ALL)
        return period.start < everything.end and everything.start < period.end


def extent_of(workspace: Workspace, *, now: datetime) -> Extent:
    """From which day to which there are signals; today alone where there are none."""
    # A signal from the future is kept, but no page begins or ends with it.
    last_at = answers.last_at(workspace.pk, now) or now
    first_at = min(extent.first_at(workspace.pk) or last_at, last_at)
    zone = ZoneInfo(workspace.timezone)
    return Extent(
        first_at.astimezone(zone).date(), min(last_at, now).astimezone(zone).date(), workspace.timezone
    )


def between(first: date, last: date, *, timezone: str) -> Period:
    """From the first midnight to the midnight after the last day, on the wall clock of the time zone."""
    zone = ZoneInfo(timezone)
    start = datetime.combine(first, time(), zone).astimezone(UTC)
    return Period(start, datetime.combine(last + timedelta(days=1), time(), zone).astimezone(UTC))
