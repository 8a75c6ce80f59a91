"""What is done to many journeys at once, and to the ways of looking at them."""

from collections.abc import Iterable
from datetime import datetime

from django.db import IntegrityError, transaction

from wayline.accounts.models import Membership, User, Workspace
from wayline.audit import operations as audit
from wayline.journeys.models import BulkChange, Journey, JourneyTag, SavedView
from wayline.journeys.models.seats import changeable_by

from . import order
from .refusals import (
    AlreadyUndone,
    ChoiceUnknown,
    NothingChanged,
    NothingChosen,
    OwnerNotHere,
    TooMany,
    ViewNameTaken,
)

MOST_AT_ONCE = 10_000
Act = BulkChange.Act


@transaction.atomic
def change_journeys(
    workspace: Workspace, *, journeys: Iterable[int], act: str, value: str = "", by: User, now: datetime
) -> BulkChange:
    """Set the owner or status of many journeys, tag or archive them; kept so that it can be undone."""
    keys = list(dict.fromkeys(journeys))
    if not keys:
        raise NothingChosen("Choose at least one journey: tick the box in front of it.")
    if len(keys) > MOST_AT_ONCE:
        raise TooMany(f"Change at most {MOST_AT_ONCE} journeys at once; filter the list further.")
    chosen = Journey.objects.kept().filter(changeable_by(by), workspace=workspace, pk__in=keys)
    before = _acts(workspace, act, value.strip(), chosen, now)
    if not before:
        raise NothingChanged("All chosen journeys are like that already; nothing was changed.")
    change = BulkChange.objects.create(
        workspace=workspace, act=act, value=value.strip()[:254], before=before, at=now, by=by
    )
    _outdate(before)
    audit.record(
        "journeys.changed", subject=change, by=by, at=now, act=act, value=value, journeys=len(before)
    )
    return change


@transaction.atomic
def undo_change(change: BulkChange, *, by: User, now: datetime) -> int:
    """Put back what stood there before, where nobody has changed it again since; answers how many were."""
    if not BulkChange.objects.filter(pk=change.pk, undone_at=None).update(undone_at=now):
        raise AlreadyUndone("This change is undone already.")
    change.undone_at = now
    chosen = Journey.objects.filter(changeable_by(by), workspace=change.workspace_id)
    chosen = chosen.filter(pk__in=list(change.before))
    if change.act == Act.TAG:
        put_back, _ = JourneyTag.objects.filter(journey__in=chosen, name=change.value).delete()
    elif change.act == Act.UNTAG:
        put_back = chosen.exclude(tags__name=change.value).count()
        _tag(chosen, change.value)
    else:
        put_back = 0
        field = _FIELDS[change.act]
        after = _set_to(change)
        by_value: dict = {}
        for key, value in change.before.items():
            by_value.setdefault(value, []).append(int(key))
        for value, keys in by_value.items():
            put_back += chosen.filter(pk__in=keys, **after).update(**{field: value, "changed_at": now})
    _outdate(change.before)
    audit.record("journeys.change_undone", subject=change, by=by, at=now, journeys=put_back)
    return put_back


@transaction.atomic
def save_view(
    workspace: Workspace, *, name: str, query: str, is_shared: bool = False, by: User, now: datetime
) -> SavedView:
    """Keep a way of looking at the library under a name, for oneself or for everybody."""
    name = order.worded(name, noun="view", longest=80)
    try:
        with transaction.atomic():
            view = SavedView.objects.create(
                workspace=workspace,
                name=name,
                query=query[:500],
                is_shared=is_shared,
                created_at=now,
                created_by=by,
            )
    except IntegrityError as error:
        raise ViewNameTaken(f"You have a view called “{name}” already. Choose another name.") from error
    audit.record("journey_view.saved", subject=view, by=by, at=now, query=query)
    return view


@transaction.atomic
def delete_view(view: SavedView, *, by: User, now: datetime) -> None:
    """Forget the saved view; the journeys stay as they are."""
    audit.record("journey_view.deleted", subject=view, by=by, at=now, query=view.query)
    view.delete()


_FIELDS = {Act.OWNER: "owner", Act.STATUS: "status", Act.ARCHIVE: "archived_at", Act.UNARCHIVE: "archived_at"}


def _acts(workspace: Workspace, act: str, value: str, chosen, now: datetime) -> dict:
    """Do it; answers what stood there before, by journey, of those that it changed."""
    match act:
        case Act.OWNER:
            owner = _owner(workspace, value)
            changed = chosen.exclude(owner=owner) if owner else chosen.exclude(owner=None)
            return _update(changed, "owner_id", owner, now)
        case Act.STATUS:
            if value not in Journey.Status.values:
                raise ChoiceUnknown(f"Status must be one of: {', '.join(Journey.Status.values)}.")
            return _update(chosen.exclude(status=value), "status", value, now)
        case Act.ARCHIVE:
            return _update(chosen.filter(archived_at=None), "archived_at", now, now)
        case Act.UNARCHIVE:
            return _update(chosen.exclude(archived_at=None), "archived_at", None, now)
        case Act.TAG:
            name = order.worded(value, noun="tag", longest=40)
            changed = chosen.exclude(tags__name=name)
            keys = list(changed.values_list("pk", flat=True))
            _tag(changed, name)
            return dict.fromkeys(keys)
        case Act.UNTAG:
            tags = JourneyTag.objects.filter(journey__in=chosen, name=value)
            keys = list(tags.values_list("journey_id", flat=True))
            tags.delete()
            return dict.fromkeys(keys)
    raise ChoiceUnknown(f"There is no change {act!r}. Choose one of: {', '.join(Act.values)}.")


def _update(changed, field: str, value, now: datetime) -> dict:
    rows = dict(changed.values_list("pk", field))
    Journey.objects.filter(pk__in=list(rows)).update(**{field: value, "changed_at": now})
    return {key: old.isoformat() if isinstance(old, datetime) else old for key, old in rows.items()}


def _owner(workspace: Workspace, value: str) -> int | None:
    if not value:
        return None
    found = Membership.objects.filter(workspace=workspace, user__email__iexact=value).first()
    if found is None:
        raise OwnerNotHere(f"{value} is not a member of this workspace. Choose a member as owner.")
    return found.user_id


def _set_to(change: BulkChange) -> dict:
    """What the change left behind: only rows that are still so are put back."""
    match change.act:
        case Act.OWNER:
            return {"owner__email__iexact": change.value} if change.value else {"owner": None}
        case Act.STATUS:
            return {"status": change.value}
        case Act.ARCHIVE:
            return {"archived_at__isnull": False}
    return {"archived_at": None}


def _tag(journeys, name: str) -> None:
    JourneyTag.objects.bulk_create(
        [JourneyTag(workspace_id=each.workspace_id, journey=each, name=name) for each in journeys],
        ignore_conflicts=True,
    )


def _outdate(before: dict) -> None:
    for journey in Journey.objects.filter(pk__in=list(before)).exclude(lineage="/"):
        order.outdate(journey)
