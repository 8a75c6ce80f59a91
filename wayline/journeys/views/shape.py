"""The shape of a map, changed on the map itself: its phases, steps and the touchpoints of a step."""

from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wayline.accounts import access
from wayline.journeys import forms, operations
from wayline.journeys.models import Journey, Phase, Touchpoint
from wayline.journeys.operations import order
from wayline.journeys.operations.edits import labeled
from wayline.journeys.queries import talks

from . import answers
from .cards import journey_of
from .steps import _step


def _phase(request, phase_id: int) -> Phase:
    found = Phase.objects.visible_to(request.member).select_related("journey__workspace")
    return get_object_or_404(found, pk=phase_id)


def _touchpoint(request, touchpoint_id: int) -> Touchpoint:
    found = Touchpoint.objects.visible_to(request.member).select_related("step__phase__journey__workspace")
    return get_object_or_404(found, pk=touchpoint_id)


def _panel(request, template: str, context: dict):
    return render(request, f"{template}#panel" if request.htmx else template, context)


@require_GET
@access.member("viewer")
def phase(request, phase_id):
    """Everything about a phase; the same as a panel beside the map."""
    found = _phase(request, phase_id)
    context = {
        "journey": found.journey,
        "phase": found,
        "steps": found.steps.kept(),
        "is_only": found.journey.phases.kept().count() == 1,
        "threads": talks.about(found.journey, "phase", str(found.pk)),
        "subject": ("phase", found.pk),
    }
    return _panel(request, "journeys/map/phase.html", context)


@require_http_methods(["GET", "POST"])
@access.member("contributor")
def write_phase(request, journey_id):
    """A new phase, after another one or at the end."""
    journey = journey_of(request, journey_id)
    before = _before(journey, request.POST.get("after") or request.GET.get("after", ""))
    if request.method == "GET":
        return _panel(request, "journeys/map/new_phase.html", {"journey": journey, "before": before})

    def act():
        given = _named(request)
        position = before and order.index_of(journey.phases, before) + 1
        added = operations.add_phase(journey, **given, position=position, **answers.by(request))
        return labeled("Added the phase", added)

    return answers.change(request, journey, act)


def _before(journey: Journey, said: str) -> Phase | None:
    phases = journey.phases.kept()
    return phases.filter(pk=said).first() if said.isdecimal() and len(said) < 10 else phases.last()


def _named(request) -> dict:
    form = forms.Named(request.POST)
    form.is_valid()
    return {"name": form.cleaned_data["name"], "question": form.cleaned_data["question"]}


@require_POST
@access.member("contributor")
def describe_phase(request, phase_id):
    """The name of a phase and what the customer asks there."""
    found = _phase(request, phase_id)

    def act():
        operations.rename_phase(found, **_named(request), **answers.by(request))
        return labeled("Renamed the phase", found)

    return answers.change(request, found.journey, act)


@require_POST
@access.member("contributor")
def place_phase(request, phase_id):
    """A phase with its steps, so many places earlier or later."""
    found, form = _phase(request, phase_id), forms.Move(request.POST)
    places = form.cleaned_data["places"] if form.is_valid() else 0

    def act():
        operations.move_phase(found, places=places, **answers.by(request))
        return labeled("Moved the phase", found)

    return answers.change(request, found.journey, act)


@require_POST
@access.member("contributor")
def take_phase(request, phase_id):
    """Off the map with its steps, where the form said how many those are; undo brings them back."""
    found = _phase(request, phase_id)

    def act():
        operations.delete_phase(found, confirmed="confirmed" in request.POST, **answers.by(request))
        return labeled("Deleted the phase", found)

    return answers.change(request, found.journey, act)


@require_POST
@access.member("contributor")
def write_step(request, phase_id):
    """A new step at the end of a phase, or one for each line that was pasted."""
    found = _phase(request, phase_id)
    lines = request.POST.get("title", "").splitlines()
    titles = [line for line in lines if line.strip()] or [""]

    def act():
        added = [operations.add_step(found, title=title, **answers.by(request)) for title in titles[:60]]
        return labeled("Added the step", added[0]) if len(added) == 1 else f"Added {len(added)} steps"

    return answers.change(request, found.journey, act)


@require_POST
@access.member("contributor")
def take_step(request, step_id):
    """Off the map with what stands at it; undo brings all of it back."""
    found = _step(request, step_id)

    def act():
        operations.delete_step(found, **answers.by(request))
        return labeled("Deleted the step", found)

    return answers.change(request, found.phase.journey, act)


@require_POST
@access.member("contributor")
def write_touchpoint(request, step_id):
    """Where a step happens."""
    found = _step(request, step_id)

    def act():
        given = {name: request.POST.get(name, "") for name in ("name", "channel")}
        return labeled("Added", operations.add_touchpoint(found, **given, **answers.by(request)))

    return answers.change(request, found.phase.journey, act)


@require_POST
@access.member("contributor")
def describe_touchpoint(request, touchpoint_id):
    """The name and channel of a touchpoint, or its end."""
    found = _touchpoint(request, touchpoint_id)

    def act():
        if "take" in request.POST:
            operations.delete_touchpoint(found, **answers.by(request))
            return labeled("Deleted", found)
        given = {name: request.POST.get(name, "") for name in ("name", "channel")}
        operations.rename_touchpoint(found, **given, **answers.by(request))
        return labeled("Changed", found)

    return answers.change(request, found.step.phase.journey, act)
