from secrets import token_hex

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from wayline.accounts import access
from wayline.journeys import queries
from wayline.journeys.models import Journey
from wayline.journeys.queries import feelings, handoffs, lanes, talks
from wayline.journeys.views import drawings
from wayline.journeys.views.find import address_of, controls_of, journey_of
from wayline.kit import live
from wayline.metrics import answers


@require_GET
@access.member("viewer")
def map(request, journey_id):
    """The living map, which is also where it is edited."""
    # Asked first: what changes while the page is being drawn then comes by the stream as well.
    since = live.last_message()
    journey = get_object_or_404(Journey.objects.visible_to(request.member), pk=journey_id)
    may_edit = _may_edit(request, journey)
    if request.htmx and request.GET.get("part") == "curve":
        return render(
            request, "journeys/lanes/curve.html", drawn(request, journey_id) | {"may_edit": may_edit}
        )
    drawing = drawings.of_map(
        request, journey, may_edit=may_edit, context=lambda: _talked(request, journey_id)
    )
    if request.htmx:
        return HttpResponse(drawing.parts["living"], status=drawing.status)
    context = {
        "journey": journey,
        "drawing": drawing.parts,
        "since": since,
        "tab": token_hex(6),
        "unread": talks.unread(request.member),
        "may_edit": may_edit,
        "view": request.GET.get("view", "journey"),
        "views": lanes.VIEWS,
    }
    return render(request, "journeys/map.html", context, status=drawing.status)


def _may_edit(request, journey: Journey) -> bool:
    if not request.member.may("contributor"):
        return False
    return (
        not journey.is_restricted
        or Journey.objects.editable_by(request.member).filter(pk=journey.pk).exists()
    )


def _talked(request, journey_id: int) -> dict:
    """What a map is drawn from, with the marks of its discussions."""
    context = drawn(request, journey_id)
    marks = talks.marks(context["journey"])
    return context | {"talk_marks": marks, "open_talks": marks.total()}


@require_GET
@access.member("viewer")
def present(request, journey_id):
    """The map alone, phase by phase, to show it to a room."""
    return render(request, "journeys/present.html", drawn(request, journey_id) | {"is_public": True})


def drawn(request, journey_id: int) -> dict:
    """Everything the map is drawn from."""
    journey = journey_of(request, journey_id)
    controls = controls_of(request, journey)
    reading = controls.reading()
    view = request.GET.get("view", "journey")
    personas = feelings.personas_of(journey)
    chosen = request.GET.get("persona", "")
    persona = next((each for each in personas if str(each.pk) == chosen), None)
    picture = queries.living(
        journey,
        reading,
        address=address_of(request, journey, reading.query),
        open_phase=int(phase) if (phase := request.GET.get("phase", "1")).isdecimal() else 1,
        view=view,
        persona=persona.pk if persona else None,
    )
    return {
        "personas": personas,
        "persona": persona,
        "handoffs": () if view == "journey" else handoffs.of_journey(journey, reading),
        "journey": journey,
        "picture": picture,
        "reading": reading,
        "controls": controls,
        "there_are": controls.extent if answers.last_at(request.workspace.pk, timezone.now()) else None,
        "segments": queries.segment_choices(request.workspace, controls.saved),
        "view": view,
        "target": reverse("journeys:map", args=[request.workspace.slug, journey.pk]),
        "compares": True,
    }
