from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from wayline.accounts import access
from wayline.journeys import operations
from wayline.journeys.models import Journey, Phase
from wayline.journeys.queries import gaps as missing
from wayline.journeys.queries import hierarchy
from wayline.journeys.views.find import journey_of
from wayline.kit.refusals import Refusal
from wayline.metrics import rollup


@require_GET
@access.member("viewer")
def gaps(request):
    """What nobody owns, measures or maps, and what is mapped twice."""
    return render(request, "journeys/gaps.html", {"gaps": missing.gaps(request.member)})


@require_GET
@access.member("viewer")
def place(request, journey_id):
    """Where the journey stands among the others, and what stands in it."""
    return show_place(request, journey_of(request, journey_id))


def show_place(request, journey: Journey, *, refused="", status=200):
    search = request.GET.get("q", "").strip()
    context = {
        "journey": journey,
        "place": hierarchy.place(journey, request.member, now=timezone.now()),
        "candidates": hierarchy.may_hold(journey, request.member, search),
        "search": search,
        "method": rollup.METHOD,
        "refused": refused,
    }
    return render(request, "journeys/place.html", context, status=status)


@require_POST
@access.member("contributor")
def attach(request, journey_id):
    """Put the journey into another one."""
    journey = journey_of(request, journey_id)
    parent = get_object_or_404(Journey.objects.visible_to(request.member), pk=_number(request, "parent"))
    phase = None
    if request.POST.get("phase"):
        phase = get_object_or_404(Phase.objects.visible_to(request.member), pk=_number(request, "phase"))
    try:
        operations.attach_journey(journey, parent=parent, phase=phase, by=request.user, now=timezone.now())
    except Refusal as refusal:
        return show_place(request, journey, refused=str(refusal), status=409)
    messages.success(request, f"“{journey}” stands in “{parent}” now.")
    return redirect("journeys:place", request.workspace.slug, journey.pk)


@require_POST
@access.member("contributor")
def detach(request, journey_id):
    """Take the journey out of the one it stands in."""
    journey = journey_of(request, journey_id)
    try:
        operations.detach_journey(journey, by=request.user, now=timezone.now())
    except Refusal as refusal:
        return show_place(request, journey, refused=str(refusal), status=409)
    messages.success(request, f"“{journey}” stands at the top now.")
    return redirect("journeys:place", request.workspace.slug, journey.pk)


def _number(request, name: str) -> int:
    said = request.POST.get(name, "")
    return int(said) if said.isdecimal() else 0
