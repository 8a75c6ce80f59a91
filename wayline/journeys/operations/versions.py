from datetime import datetime, timedelta

from django.db import transaction

from wayline.accounts.models import User
from wayline.audit import operations as audit
from wayline.journeys.exchange import document, drawing
from wayline.journeys.models import Journey, Review, Version
from wayline.journeys.queries import measured

from . import order
from .maps import replace_map
from .refusals import AlreadyApproved, ChoiceUnknown, NothingChanged, TitleTooLong, WindowOutOfRange

REVIEW_DAYS = 90


@transaction.atomic
def save_version(
    journey: Journey, *, name: str, kind: str = "as_is", note: str = "", by: User | None, now: datetime
) -> Version:
    """Keep the map as it is drawn now, under a name."""
    if kind not in Version.Kind.values:
        raise ChoiceUnknown(f"A version is one of: {', '.join(Version.Kind.values)}.")
    if len(note) > 500:
        raise TitleTooLong("Shorten the note to 500 characters.")
    order.touch(journey, by=by, now=journey.changed_at)  # refused when somebody deleted it meanwhile
    found = drawing.document_of(journey)
    drawn = Journey.objects.with_steps().select_related("workspace").get(pk=journey.pk)
    version = Version.objects.create(
        journey=journey,
        number=(journey.versions.order_by("-number").values_list("number", flat=True).first() or 0) + 1,
        name=order.worded(name, noun="version", longest=120),
        kind=kind,
        note=note.strip(),
        document=found.plain,
        revision=found.revision,
        measured=measured.figures_of(drawn, now=now),
        created_at=now,
        created_by=by,
    )
    audit.record("version.saved", subject=version, by=by, at=now, journey=journey.pk, kind=kind)
    return version


@transaction.atomic
def restore_version(version: Version, *, by: User | None, now: datetime) -> Version:
    """Make the map what the version says. What it was is kept as a version, so that this can be undone."""
    journey = version.journey
    if drawing.document_of(journey).revision == version.revision:
        raise NothingChanged("The map is exactly like this version already.")
    kept = save_version(journey, name=f"Before restoring {version.number}", by=by, now=now)
    replace_map(journey, document.parsed(version.document), by=by, now=now, source=str(version))
    audit.record("version.restored", subject=version, by=by, at=now, journey=journey.pk, kept=kept.pk)
    return kept


@transaction.atomic
def approve_version(version: Version, *, by: User, now: datetime) -> None:
    """Say that this is how the journey is, or shall be."""
    order.check_right(version.journey, by)
    if not Version.objects.filter(pk=version.pk, approved_at=None).update(approved_at=now, approved_by=by):
        raise AlreadyApproved("This version is approved already.")
    version.approved_at, version.approved_by = now, by
    audit.record("version.approved", subject=version, by=by, at=now, journey=version.journey_id)


@transaction.atomic
def withdraw_approval(version: Version, *, by: User, now: datetime) -> None:
    """Take the approval back."""
    order.check_right(version.journey, by)
    approved = Version.objects.filter(pk=version.pk).exclude(approved_at=None)
    if not approved.update(approved_at=None, approved_by=None):
        raise AlreadyApproved("This version is not approved; there is nothing to take back.")
    version.approved_at = version.approved_by = None
    audit.record("version.approval_withdrawn", subject=version, by=by, at=now, journey=version.journey_id)


@transaction.atomic
def review_journey(
    journey: Journey, *, days: int = REVIEW_DAYS, note: str = "", by: User | None, now: datetime
) -> Review:
    """Say that the map is true today, and when to look again. Drift is counted from now."""
    if not 7 <= days <= 730:
        raise WindowOutOfRange("Choose 7 to 730 days until the next review.")
    order.check_right(journey, by)
    order.change_kept(journey, noun="journey")
    review = Review.objects.create(
        journey=journey, at=now, by=by, note=note.strip()[:500], next_on=(now + timedelta(days=days)).date()
    )
    audit.record("journey.reviewed", subject=journey, by=by, at=now, next_on=str(review.next_on))
    return review
