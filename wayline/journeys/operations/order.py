"""Keeping siblings in one order, and the words people give them."""

from datetime import datetime

from django.db import models

from wayline.accounts.models import User
from wayline.journeys.models import Journey, Standing
from wayline.journeys.models.seats import changeable_by

from .refusals import AlreadyDeleted, MayNotChange, TitleMissing, TitleTooLong


def worded(text: str, *, noun: str, longest: int) -> str:
    """The text without surplus blanks; refused when nothing is left or it is too long to read on a map."""
    text = " ".join((text or "").split())
    if not text:
        raise TitleMissing(f"Give the {noun} a name: one or more words.")
    if len(text) > longest:
        raise TitleTooLong(f"Shorten the name of the {noun} to {longest} characters; it has {len(text)}.")
    return text


def touch(journey: Journey, by: User | None, *, now: datetime) -> None:
    """Note that the journey changed; refused when somebody deleted it, or took the right away, meanwhile."""
    kept = Journey.objects.kept().filter(pk=journey.pk)
    # The update also holds the journey's row until the transaction ends: changes of one map come one by one,
    # and places, free keys and version numbers that are counted after it are nobody else's.
    # Nearly every journey is open; only for a restricted one is it asked who may change it.
    is_open = kept.filter(is_restricted=False).update(changed_at=now)
    if not is_open and not kept.filter(changeable_by(by)).update(changed_at=now):
        check_right(journey, by)
        raise AlreadyDeleted("This journey has been deleted. Restore it before changing it.")
    journey.changed_at = now
    outdate(journey)


def check_right(journey: Journey, by: User | None) -> None:
    """Refuse whoever may not change a restricted journey."""
    same = Journey.objects.filter(pk=journey.pk)
    if same.exists() and not same.filter(changeable_by(by)).exists():
        raise MayNotChange("You may no longer change this map. Ask an owner of the workspace, or a manager.")


def outdate(journey: Journey) -> None:
    """The journeys it stands in speak of it too: their stored numbers are old now."""
    if journey.ancestors:
        Standing.objects.filter(journey__in=journey.ancestors).update(is_outdated=True)


def next_position(siblings: models.QuerySet) -> int:
    last = siblings.aggregate(last=models.Max("position"))["last"]
    return 0 if last is None else last + 1


def place(siblings: models.QuerySet, moved: models.Model, position: int) -> int:
    """Put the moved one at this position among its kept siblings; answers where it came to stand."""
    rows = [row for row in siblings.kept().order_by("position", "pk") if row.pk != moved.pk]
    position = max(0, min(position, len(rows)))
    rows.insert(position, moved)
    for index, row in enumerate(rows):
        if row.position != index:
            type(row).objects.filter(pk=row.pk).update(position=index)
    moved.position = position
    return position


def index_of(siblings: models.QuerySet, row: models.Model) -> int:
    """Where the row stands among its kept siblings."""
    return list(siblings.kept().order_by("position", "pk").values_list("pk", flat=True)).index(row.pk)


def change_kept(row: models.Model, *, noun: str, **fields) -> None:
    """Change a row only while it is kept, so that nobody edits what a colleague has just deleted."""
    kept = type(row).objects.kept().filter(pk=row.pk)
    if not (kept.update(**fields) if fields else kept.exists()):
        raise AlreadyDeleted(f"This {noun} has been deleted meanwhile. Undo the deletion to change it.")
    for name, value in fields.items():
        setattr(row, name, value)


def limited(text: str | None, *, name: str, longest: int) -> str:
    """The text as it was written, refused when it is longer than its place."""
    text = (text or "").strip()
    if len(text) > longest:
        raise TitleTooLong(f"Shorten the {name} to {longest} characters; it has {len(text)}.")
    return text
