from django.views.decorators.http import require_GET

from wayline.accounts import access
from wayline.journeys import queries
from wayline.journeys.queries import actual_paths
from wayline.journeys.views.find import controls_of, journey_of
from wayline.kit.pages import show


@require_GET
@access.member("viewer")
def paths(request, journey_id):
    """What customers really did, held against the map."""
    journey = journey_of(request, journey_id)
    controls = controls_of(request, journey)
    reading = controls.reading()
    bound = [step for step in queries.steps_of(journey) if step.is_bound]
    start, end = _chosen(request, bound, "from", 0), _chosen(request, bound, "to", -1)
    everything = request.GET.get("scope") == "all"
    top = request.GET.get("top", "")
    top = int(top) if top.isdecimal() and int(top) in actual_paths.TOP_EDGES else actual_paths.DEFAULT_TOP
    context = {
        "journey": journey,
        "controls": controls,
        "reading": reading,
        "segments": queries.segment_choices(request.workspace, controls.saved),
        "bound": bound,
        "from_step": start,
        "to_step": end,
        "top": top,
        "tops": actual_paths.TOP_EDGES,
        "everything": everything,
        "actual": actual_paths.actual_paths(
            journey, reading, top=top, everything=everything, start=start, end=end
        )
        if bound
        else None,
    }
    return show(
        request, "journeys/paths.html", context, fragment="living", status=422 if controls.errors else 200
    )


def _chosen(request, bound, name, usual):
    """The step chosen; the first and the last required one unless the page says otherwise."""
    if name in request.GET:
        return next((step for step in bound if step.key == request.GET[name]), None)
    required = [step for step in bound if step.is_required]
    return required[usual] if len(required) > 1 else None
