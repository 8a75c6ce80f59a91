from django.contrib import messages
from django.http import QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from wayline.accounts import access
from wayline.journeys import operations, templates_library
from wayline.journeys.models import BulkChange, Journey, SavedView
from wayline.journeys.queries import shelf
from wayline.journeys.views.find import journey_of
from wayline.kit.refusals import Refusal


@require_GET
@access.member("viewer")
def library(request):
    """Every journey with how it goes: filtered, sorted, as a table, a tree or cards."""
    return show_library(request)


def show_library(request, *, status=200, **extra):
    """The library, with what a change of it was refused for."""
    member = request.member
    deleted, change = (request.GET.get(name, "") for name in ("deleted", "change"))
    changes = BulkChange.objects.visible_to(member).filter(undone_at=None)
    context = {
        "shelf": shelf.shelf(request, member, now=timezone.now()),
        "views": shelf.VIEWS,
        "choices": shelf.choices(member),
        "saved": SavedView.objects.visible_to(member).select_related("workspace"),
        "templates": templates_library.templates(),
        "deleted": Journey.objects.deleted_from(member).filter(pk=deleted).first()
        if deleted.isdecimal()
        else None,
        "undo": changes.filter(pk=change).first() if change.isdecimal() else None,
    }
    return render(request, "journeys/library.html", context | extra, status=status)


def _row(rows, key: str):
    return rows.filter(pk=key).first() if key.isdecimal() else None


@require_POST
@access.member("contributor")
def change(request):
    """Change the chosen journeys, or all that match; the answer offers to undo it."""
    act = request.POST.get("act", "")
    back = QueryDict(request.POST.get("back", ""), mutable=True)
    if "everything" in request.POST:
        chosen = shelf.matching(request.member, back).values_list("pk", flat=True)
    else:
        chosen = [int(key) for key in request.POST.getlist("journey") if key.isdecimal()]
    field = "tag" if act == "untag" else act
    try:
        made = operations.change_journeys(
            request.workspace,
            journeys=chosen,
            act=act,
            value=request.POST.get(field, ""),
            by=request.user,
            now=timezone.now(),
        )
    except Refusal as refusal:
        request.GET = back
        return show_library(request, status=409, refused=str(refusal), ticked=set(chosen))
    back["change"] = str(made.pk)
    return _library(request, back)


@require_POST
@access.member("contributor")
def undo_change(request, change_id):
    """Put the journeys of a change back as they were."""
    made = get_object_or_404(BulkChange.objects.visible_to(request.member), pk=change_id)
    put_back = operations.undo_change(made, by=request.user, now=timezone.now())
    left = len(made.before) - put_back
    stayed = f" {left} had been changed again since, and stayed so." if left else ""
    messages.success(request, f"Undone. {made}.{stayed}")
    back = QueryDict(request.POST.get("back", ""), mutable=True)
    back.pop("change", None)
    return _library(request, back)


@require_POST
@access.member("contributor")
def save_view(request):
    """Keep this way of looking at the library."""
    query = QueryDict(request.POST.get("query", ""), mutable=True)
    for passing in ("page", "deleted", "change"):
        query.pop(passing, None)
    try:
        operations.save_view(
            request.workspace,
            name=request.POST.get("name", ""),
            query=query.urlencode(),
            is_shared="is_shared" in request.POST,
            by=request.user,
            now=timezone.now(),
        )
    except Refusal as refusal:
        request.GET = query
        return show_library(request, status=409, refused=str(refusal))
    return _library(request, query)


@require_POST
@access.member("contributor")
def delete_view(request, view_id):
    """Forget one's own saved view."""
    own = SavedView.objects.visible_to(request.member).filter(created_by=request.user)
    view = get_object_or_404(own, pk=view_id)
    operations.delete_view(view, by=request.user, now=timezone.now())
    messages.success(request, f"The view “{view.name}” is forgotten.")
    return _library(request, QueryDict())


def _library(request, query: QueryDict):
    return redirect(f"{reverse('journeys:library', args=[request.workspace.slug])}?{query.urlencode()}")


@require_POST
@access.member("contributor")
def delete(request, journey_id):
    """Take a journey out of the library; the answer offers to undo it."""
    journey = journey_of(request, journey_id)
    operations.delete_journey(journey, by=request.user, now=timezone.now())
    return redirect(f"{reverse('journeys:library', args=[request.workspace.slug])}?deleted={journey.pk}")


@require_POST
@access.member("contributor")
def restore(request, journey_id):
    """Undo the deletion."""
    journey = get_object_or_404(Journey.objects.deleted_from(request.member), pk=journey_id)
    operations.restore_journey(journey, by=request.user, now=timezone.now())
    messages.success(request, f"“{journey}” is back.")
    return redirect("journeys:map", request.workspace.slug, journey.pk)
