from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wayline.accounts import access
from wayline.journeys import operations
from wayline.journeys.models import Comment, Thread
from wayline.journeys.queries import talks
from wayline.kit.pages import show
from wayline.kit.refusals import Refusal

from . import answers
from .cards import journey_of


def _thread(request, thread_id: int) -> Thread:
    found = Thread.objects.visible_to(request.member).select_related("journey__workspace")
    return get_object_or_404(found, pk=thread_id)


@require_http_methods(["GET", "POST"])
@access.member("viewer")
def discussions(request, journey_id):
    """Every discussion on a map; what is posted begins one."""
    journey = journey_of(request, journey_id)
    if request.method == "POST":
        return _begin(request, journey)
    if kind := request.GET.get("kind", ""):
        return _about(request, journey, kind, request.GET.get("key", ""))
    return render(request, "journeys/talk/discussions.html", _all(request, journey))


def _all(request, journey) -> dict:
    shows_resolved = request.GET.get("state") == "all"
    return {
        "journey": journey,
        "threads": talks.of_journey(journey, shows_resolved=shows_resolved),
        "shows_resolved": shows_resolved,
        "subjects": talks.subjects(journey),
    }


def _about(request, journey, kind: str, key: str):
    """The discussions of one thing on the map; the same as a panel beside it."""
    if not talks.is_there(journey, kind, key):
        raise Http404
    context = {
        "journey": journey,
        "threads": talks.about(journey, kind, key),
        "subject": (kind, key),
        "kind": Thread.Subject(kind).label,
        "name": talks.name_of(journey, kind, key),
    }
    return show(request, "journeys/talk/about.html", context, fragment="panel")


def _begin(request, journey):
    # Viewers read and discuss too: a comment changes nothing on the map.
    kind, key = request.POST.get("kind", "journey"), request.POST.get("key", "")
    if "about" in request.POST:
        kind, _, key = request.POST["about"].partition(":")
    try:
        operations.begin_thread(
            journey,
            text=request.POST.get("text", ""),
            subject_kind=kind,
            subject_key=key,
            **answers.by(request),
        )
    except Refusal as refusal:
        return _shown(request, journey, kind, key, refused=str(refusal))
    return _shown(request, journey, kind, key)


@require_POST
@access.member("viewer")
def answer(request, thread_id):
    """Say something in a discussion."""
    return _act(request, thread_id, operations.answer_thread, text=request.POST.get("text", ""))


@require_POST
@access.member("contributor")
def resolve(request, thread_id):
    return _act(request, thread_id, operations.resolve_thread)


@require_POST
@access.member("contributor")
def reopen(request, thread_id):
    return _act(request, thread_id, operations.reopen_thread)


def _act(request, thread_id, operation, **given):
    thread, refused = _thread(request, thread_id), ""
    try:
        operation(thread, **given, **answers.by(request))
    except Refusal as refusal:
        refused = str(refusal)
    return _shown(request, thread.journey, thread.subject_kind, thread.subject_key, refused=refused)


@require_POST
@access.member("viewer")
def delete_comment(request, comment_id):
    """One's own words, taken back."""
    found = Comment.objects.visible_to(request.member).select_related("thread__journey__workspace")
    comment = get_object_or_404(found, pk=comment_id)
    thread, refused = comment.thread, ""
    journey, kind, key = thread.journey, thread.subject_kind, thread.subject_key
    try:
        operations.delete_comment(comment, **answers.by(request))
    except Refusal as refusal:
        refused = str(refusal)
    return _shown(request, journey, kind, key, refused=refused)


def _shown(request, journey, kind, key, *, refused=""):
    """The discussions of the same thing as a fragment, or back to the page where all of them stand."""
    if not request.htmx and not refused:
        address = reverse("journeys:discussions", args=[request.workspace.slug, journey.pk])
        return redirect(f"{address}?state=all" if "all" in request.POST else address)
    said = {"refused": refused, "said": request.POST.get("text", "") if refused else ""}
    status = 409 if refused else 200
    if not request.htmx:
        context = _all(request, journey) | said | {"chosen": f"{kind}:{key}"}
        return render(request, "journeys/talk/discussions.html", context, status=status)
    context = {"journey": journey, "threads": talks.about(journey, kind, key), "subject": (kind, key)}
    return render(request, "journeys/talk/threads.html", context | said, status=status)


@require_GET
@access.member("viewer")
def notices(request):
    """What colleagues said to this member."""
    return render(
        request,
        "journeys/talk/notices.html",
        {
            "notices": talks.notices(request.member),
            "alarms": talks.alarms(request.member)[:50],
        },
    )


@require_POST
@access.member("viewer")
def read_notices(request):
    """All of it has been seen."""
    operations.read_notices(request.user, now=timezone.now())
    operations.read_alarms(request.user, now=timezone.now())
    return redirect(reverse("journeys:notices", args=[request.workspace.slug]))
