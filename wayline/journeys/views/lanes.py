from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET, require_POST

from wayline.accounts import access
from wayline.journeys import operations
from wayline.journeys.models import Card, Journey, Persona
from wayline.journeys.queries import feelings, lanes

from . import answers
from .cards import journey_of


@require_GET
@access.member("contributor")
def show(request, journey_id):
    """The lanes of a map: which are shown, in which order, and lanes of its own."""
    journey = journey_of(request, journey_id)
    layout = lanes.layout(journey)
    context = {
        "journey": journey,
        "shown": [laid for laid in layout if not laid.is_hidden],
        "hidden": [laid for laid in layout if laid.is_hidden],
        "kinds": Card.Kind.choices,
        "personas": feelings.personas_of(journey),
    }
    return render(request, "journeys/map/lanes.html", context)


@require_POST
@access.member("contributor")
def add(request, journey_id):
    given = {name: request.POST.get(name, "") for name in ("title", "kind", "card_kind")}
    return _change(
        request,
        journey_id,
        lambda journey, by: operations.add_lane(journey, **given, **by),
        "Added the lane.",
    )


@require_POST
@access.member("contributor")
def change(request, journey_id):
    """One lane renamed, hidden, shown, moved or deleted."""
    key, act = request.POST.get("lane", ""), request.POST.get("act", "")
    places = request.POST.get("places", "")
    acts = {
        "rename": lambda journey, by: _described(request, journey, key, by),
        "hide": lambda journey, by: operations.hide_lane(journey, key, **by),
        "show": lambda journey, by: operations.show_lane(journey, key, **by),
        "up": lambda journey, by: operations.move_lane(journey, key, places=-1, **by),
        "down": lambda journey, by: operations.move_lane(journey, key, places=1, **by),
        "before": lambda journey, by: operations.move_lane(journey, key, before=places, **by),
        "delete": lambda journey, by: operations.delete_lane(journey, key, **by),
    }
    return _change(request, journey_id, acts.get(act, acts["show"]), "Changed the lanes.")


def _described(request, journey: Journey, key: str, by: dict) -> None:
    """Its title, and whom it is about where the page asked for that."""
    operations.rename_lane(journey, key, title=request.POST.get("title", ""), **by)
    chosen = request.POST.get("persona")
    if chosen is None:
        return
    personas = Persona.objects.visible_to(request.member)
    persona = get_object_or_404(personas, pk=chosen) if chosen.isdecimal() and len(chosen) < 10 else None
    operations.dedicate_lane(journey, key, persona=persona, **by)


def _change(request, journey_id, operation, said):
    journey = journey_of(request, journey_id)

    def act():
        operation(journey, answers.by(request))
        return said

    return answers.change(request, journey, act, to=f"{journey.get_absolute_url()}lanes/")
