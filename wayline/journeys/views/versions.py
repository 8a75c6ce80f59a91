from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from wayline.accounts import access
from wayline.journeys import operations
from wayline.journeys.exchange import document, drawing
from wayline.journeys.models import Version
from wayline.journeys.queries import differences, freshness, measured
from wayline.journeys.queries import history as done
from wayline.journeys.views.find import journey_of
from wayline.kit.refusals import Refusal
from wayline.statistics import drift

from .answers import by


def _version(request, version_id: int) -> Version:
    rows = Version.objects.visible_to(request.member).select_related("journey__workspace", "created_by")
    return get_object_or_404(rows, pk=version_id)


@require_GET
@access.member("viewer")
def versions(request, journey_id):
    """The versions of a map, its reviews and drift, and everything that was done to it."""
    return show_versions(request, journey_of(request, journey_id))


def show_versions(request, journey, *, refused="", status=200):
    said = request.GET.get("page", "1")
    page = int(said[:6]) if said.isdecimal() and int(said[:6]) > 0 else 1
    history, has_earlier = done.history(journey, request.member, page=page)
    context = {
        "journey": journey,
        "versions": journey.versions.select_related("created_by", "approved_by", "journey__workspace"),
        "kinds": Version.Kind.choices,
        "freshness": freshness.freshness(journey, now=timezone.now()),
        "history": history,
        "page": page,
        "has_earlier": has_earlier,
        "looks": drift.LOOKS,
        "level": drift.LEVEL,
        "measured": drift.MEASURED,
        "refused": refused,
    }
    return render(request, "journeys/versions/versions.html", context, status=status)


@require_POST
@access.member("contributor")
def save_version(request, journey_id):
    """Keep the map as it is drawn now."""
    journey = journey_of(request, journey_id)
    said = {name: request.POST.get(name, "") for name in ("name", "note")}
    try:
        operations.save_version(journey, kind=request.POST.get("kind", "as_is"), **said, **by(request))
    except Refusal as refusal:
        return show_versions(request, journey, refused=str(refusal), status=409)
    return redirect("journeys:versions", request.workspace.slug, journey.pk)


@require_POST
@access.member("contributor")
def mute(request, journey_id):
    """Let nobody be told of drift; a second time takes it back."""
    journey = journey_of(request, journey_id)
    try:
        (operations.unmute_drift if journey.drift_muted_at else operations.mute_drift)(journey, **by(request))
    except Refusal as refusal:
        return show_versions(request, journey, refused=str(refusal), status=409)
    return redirect("journeys:versions", request.workspace.slug, journey.pk)


@require_POST
@access.member("contributor")
def review(request, journey_id):
    """Say that the map is true today."""
    journey = journey_of(request, journey_id)
    days = request.POST.get("days", "")
    try:
        operations.review_journey(
            journey,
            days=int(days) if days.isdecimal() else 0,
            note=request.POST.get("note", ""),
            **by(request),
        )
    except Refusal as refusal:
        return show_versions(request, journey, refused=str(refusal), status=409)
    messages.success(request, "Reviewed. Drift is counted from today.")
    return redirect("journeys:versions", request.workspace.slug, journey.pk)


@require_GET
@access.member("viewer")
def version(request, version_id):
    """What a version says otherwise than the map as it is, or than another version."""
    found = _version(request, version_id)
    return show_version(request, found)


def show_version(request, found: Version, *, refused="", status=200):
    others = found.journey.versions.exclude(pk=found.pk)
    against = request.GET.get("against", "")
    other = others.filter(pk=against).first() if against.isdecimal() else None
    now_drawn = drawing.document_of(found.journey)
    written = document.parsed(found.document)
    # The older one stands first, so that "added" means what came later.
    if other and other.number < found.number:
        pair = document.parsed(other.document), written
    else:
        pair = written, document.parsed(other.document) if other else now_drawn
    drawn = journey_of(request, found.journey_id)
    titles = {step.key: step.title for part in pair for step in part.steps}
    figures = other.measured if other else measured.since(drawn, found, now=timezone.now())
    is_earlier = bool(other and other.number < found.number)
    before, after = (figures, found.measured) if is_earlier else (found.measured, figures)
    context = {
        "comparison": measured.compared(before, after, titles),
        "version": found,
        "journey": found.journey,
        "others": others,
        "other": other,
        "is_earlier": is_earlier,
        "differences": differences.differences(*pair),
        "is_like_now": found.revision == now_drawn.revision,
        "refused": refused,
    }
    return render(request, "journeys/versions/version.html", context, status=status)


@require_POST
@access.member("contributor")
def restore_version(request, version_id):
    """Make the map what the version says."""
    found = _version(request, version_id)
    try:
        kept = operations.restore_version(found, **by(request))
    except Refusal as refusal:
        return show_version(request, found, refused=str(refusal), status=409)
    messages.success(
        request, f"Restored. What it was is kept as version {kept.number}; restore that to undo."
    )
    return redirect("journeys:versions", request.workspace.slug, found.journey_id)


@require_POST
@access.member("manager")
def approve_version(request, version_id):
    """Say that this is how the journey is, or shall be; a second time takes it back."""
    found = _version(request, version_id)
    if found.approved_at:
        operations.withdraw_approval(found, **by(request))
    else:
        operations.approve_version(found, **by(request))
    return redirect("journeys:version", request.workspace.slug, found.pk)
