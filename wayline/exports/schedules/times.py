"""When a schedule runs next, and which days it then speaks of, by the workspace's clock."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from wayline.exports.models import Schedule

Every = Schedule.Every


def next_run(every: str, hour: int, *, timezone: str, now: datetime) -> datetime:
    """The next moment after now. By days, so that it comes once where clocks are put forward or back."""
    zone = ZoneInfo(timezone)
    day = now.astimezone(zone).date()
    while True:
        moment = datetime(day.year, day.month, day.day, hour, tzinfo=zone).astimezone(UTC)
        if moment > now and _begins(every, day):
            return moment
        day += timedelta(days=1)


def _begins(every: str, day: date) -> bool:
    return every == Every.DAY or (day.weekday() == 0 if every == Every.WEEK else day.day == 1)


def covered(every: str, *, timezone: str, now: datetime) -> tuple[date, date]:
    """The last whole day, week or month, both ends included."""
    today = now.astimezone(ZoneInfo(timezone)).date()
    if every == Every.DAY:
        last = today - timedelta(days=1)
        return last, last
    if every == Every.WEEK:
        last = today - timedelta(days=today.weekday() + 1)
        return last - timedelta(days=6), last
    last = today.replace(day=1) - timedelta(days=1)
    return last.replace(day=1), last
