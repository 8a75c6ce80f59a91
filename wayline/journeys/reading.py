"""How a journey is read on a page: period, window, start, and one or two segments."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from wayline.metrics.periods import DEFAULT_PERIOD
from wayline.metrics.questions import Period, Start
from wayline.signals.conditions import CustomerCondition

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
        """A moment of the last day: periods end with a midnight on the workspace's own clock."""
        return self.period.end - timedelta(seconds=1)

    @property
    def is_filtered(self) -> bool:
        return bool(self.segment_line)


def usual_period(window: timedelta | None) -> str:
    """The period a journey is read by unless one is chosen: many starts must have had their time."""
    return LONG_PERIOD if window is not None and window > LONG_WINDOW else DEFAULT_PERIOD
