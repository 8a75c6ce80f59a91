from django.shortcuts import render
from django.utils.text import slugify
from django.views.decorators.http import require_GET

from wayline.accounts import access
from wayline.journeys import queries
from wayline.journeys.queries.living_map import STATES
from wayline.journeys.views.find import controls_of, journey_of
from wayline.kit import sheets
from wayline.signals.vocabulary import SCALES

SAYS = {
    "entered": "entered",
    "completed": "went on from",
    "in_progress": "are still at",
    "dropped": "were lost at",
    "known": "had their time at",
    "looped": "came back to",
    "scored": "gave a score at",
    "said": "said something at",
}
OVERALL = {
    "entered": "started the journey",
    "completed": "completed the journey",
    "in_progress": "are still on the way",
    "dropped": "were lost on the way",
    "known": "had their time to complete it",
    "scored": "gave a score on the way",
    "said": "said something on the way",
}


def _asked(request, journey) -> dict:
    known = {step.key for step in queries.steps_of(journey)}
    step, state, scale = (request.GET.get(name, "") for name in ("step", "state", "scale"))
    return {
        "step": step if step in known else "",
        "state": state if state in STATES else "entered",
        "scale": scale if scale in SCALES else "",
        "against": request.GET.get("side") == "against",
    }


@require_GET
@access.member("viewer")
def people(request, journey_id):
    """The customers behind a number of the map."""
    journey = journey_of(request, journey_id)
    controls = controls_of(request, journey)
    reading, asked = controls.reading(), _asked(request, journey)
    page = request.GET.get("page", "1")
    behind = queries.people_behind(journey, reading, **asked, page=int(page) if page.isdecimal() else 1)
    step = next((step for step in queries.steps_of(journey) if step.key == asked["step"]), None)
    context = {
        "journey": journey,
        "reading": reading,
        "behind": behind,
        "step": step,
        "state": asked["state"],
        "scale": SCALES.get(asked["scale"]),
        "side": "against" if asked["against"] else "",
        "segment": reading.against_line if asked["against"] else reading.segment_line,
        "says": SAYS[asked["state"]] if step else OVERALL.get(asked["state"], "are behind this number"),
        "states": [(state, SAYS[state]) for state in STATES],
    }
    return render(request, "journeys/people.html", context)


@require_GET
@access.member("viewer")
def export(request, journey_id):
    """The same customers as CSV, all of them."""
    journey = journey_of(request, journey_id)
    reading, asked = controls_of(request, journey).reading(), _asked(request, journey)
    everybody = queries.everybody_behind(journey, reading, **asked)
    name = slugify(f"{journey.title} {asked['step']} {asked['state']}")
    return sheets.download(_rows(everybody), name=f"{name}.csv")


def _rows(everybody):
    yield "customer", "name", "email", "phone", "step", "at"
    for found in everybody:
        customer = found.customer
        yield customer.pk, customer.name, customer.email, customer.phone, found.step, found.at
