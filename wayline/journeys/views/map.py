from django.views.decorators.http import require_GET

from wayline.accounts import access
from wayline.journeys import queries
from wayline.journeys.views.find import address_of, controls_of, journey_of
from wayline.kit.pages import show


@require_GET
@access.member("viewer")
def map(request, journey_id):
    """The living map."""
    journey = journey_of(request, journey_id)
    controls = controls_of(request, journey)
    reading = controls.reading()
    picture = queries.living(
        journey,
        reading,
        address=address_of(request, journey, reading.query),
        open_phase=int(phase) if (phase := request.GET.get("phase", "1")).isdigit() else 1,
    )
    context = {
        "journey": journey,
        "picture": picture,
        "reading": reading,
        "controls": controls,
        "segments": queries.segment_choices(request.workspace, controls.saved),
    }
    return show(
        request, "journeys/map.html", context, fragment="living", status=422 if controls.errors else 200
    )
