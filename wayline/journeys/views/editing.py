from functools import wraps

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wayline.accounts import access
from wayline.accounts.queries import people
from wayline.journeys import conditions, forms, operations, queries
from wayline.journeys.models import Journey, Phase, Step, Touchpoint
from wayline.journeys.operations.refusals import PhaseHasSteps
from wayline.journeys.views.find import journey_of
from wayline.kit.pages import show
from wayline.kit.refusals import Refusal

from .answers import by


@require_GET
@access.member("contributor")
def edit(request, journey_id):
    """Everything on the map as forms."""
    return show_edit(request, journey_of(request, journey_id))


def show_edit(request, journey: Journey, *, status=200, **extra):
    """The edit page, or its board alone when htmx asks."""
    journey = Journey.objects.with_steps().get(pk=journey.pk)
    steps = queries.steps_of(journey)
    context = {
        "journey": journey,
        "last_step": len(steps),
        "bindings": {step.pk: conditions.sentence(conditions.parsed(step.condition)) for step in steps},
        "numbers": {step.pk: number for number, step in enumerate(steps, start=1)},
    }
    return show(request, "journeys/edit.html", context | extra, fragment="board", status=status)


def changes_journey(change):
    """Let the view change something, then answer the board: as a fragment for htmx, else by going back to it.

    The view returns the journey, or the journey and what the page should say beside it.
    """

    @require_POST
    @access.member("contributor")
    @wraps(change)
    def view(request, *args, **kwargs):
        answered = change(request, *args, **kwargs)
        journey, extra = answered if isinstance(answered, tuple) else (answered, {})
        if extra.get("refused"):
            return show_edit(request, journey, status=409, **extra)
        if request.htmx or extra:
            return show_edit(request, journey, **extra)
        return redirect("journeys:edit", request.workspace.slug, journey.pk)

    return view


def _try(journey: Journey, operation, subject, **arguments):
    """The journey, with the refusal's sentence when the rules say no."""
    try:
        operation(subject, **arguments)
    except Refusal as refusal:
        return journey, {"refused": str(refusal)}
    return journey


def _given(form):
    form.is_valid()
    return form.cleaned_data


def _phase(request, phase_id: int) -> Phase:
    return get_object_or_404(Phase.objects.visible_to(request.member).select_related("journey"), pk=phase_id)


def _step(request, step_id: int) -> Step:
    return get_object_or_404(
        Step.objects.visible_to(request.member).select_related("phase__journey"), pk=step_id
    )


def _touchpoint(request, touchpoint_id: int) -> Touchpoint:
    found = Touchpoint.objects.visible_to(request.member).select_related("step__phase__journey")
    return get_object_or_404(found, pk=touchpoint_id)


@require_http_methods(["GET", "POST"])
@access.member("contributor")
def describe(request, journey_id):
    """What the journey says and how it is measured."""
    journey = journey_of(request, journey_id)
    members = people(request.workspace.pk)
    form = forms.Settings(request.POST or None, instance=Journey.objects.get(pk=journey.pk), members=members)
    if request.method == "POST" and form.is_valid():
        try:
            operations.describe_journey(journey, **form.cleaned_data, **by(request))
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Saved.")
            return redirect("journeys:map", request.workspace.slug, journey.pk)
    context = {"journey": journey, "form": form}
    return render(request, "journeys/settings.html", context, status=422 if form.errors else 200)


@changes_journey
def add_phase(request, journey_id):
    journey, given = journey_of(request, journey_id), _given(forms.Named(request.POST))
    return _try(
        journey,
        operations.add_phase,
        journey,
        name=given["name"],
        question=given["question"],
        **by(request),
    )


@changes_journey
def rename_phase(request, phase_id):
    phase, given = _phase(request, phase_id), _given(forms.Named(request.POST))
    return _try(
        phase.journey,
        operations.rename_phase,
        phase,
        name=given["name"],
        question=given["question"],
        **by(request),
    )


@changes_journey
def move_phase(request, phase_id):
    phase, given = _phase(request, phase_id), _given(forms.Move(request.POST))
    return _try(phase.journey, operations.move_phase, phase, places=given.get("places", 0), **by(request))


@changes_journey
def delete_phase(request, phase_id):
    """Delete a phase; one that holds steps asks first."""
    phase = _phase(request, phase_id)
    try:
        operations.delete_phase(phase, confirmed="confirmed" in request.POST, **by(request))
    except PhaseHasSteps as refusal:
        return phase.journey, {"confirm": phase, "refused": str(refusal)}
    except Refusal as refusal:
        return phase.journey, {"refused": str(refusal)}
    return phase.journey, {"undo": ("restore_phase", phase.pk, f"Deleted the phase “{phase}”.")}


@changes_journey
def restore_phase(request, phase_id):
    phase = get_object_or_404(
        Phase.objects.select_related("journey"),
        pk=phase_id,
        journey__in=Journey.objects.visible_to(request.member),
    )
    return _try(phase.journey, operations.restore_phase, phase, **by(request))


@changes_journey
def add_step(request, phase_id):
    phase, given = _phase(request, phase_id), _given(forms.Named(request.POST))
    return _try(phase.journey, operations.add_step, phase, title=given["name"], **by(request))


@changes_journey
def rename_step(request, step_id):
    step, given = _step(request, step_id), _given(forms.Named(request.POST))
    return _try(step.phase.journey, operations.rename_step, step, title=given["name"], **by(request))


@changes_journey
def move_step(request, step_id):
    step, given = _step(request, step_id), _given(forms.Move(request.POST))
    return _try(step.phase.journey, operations.move_step, step, places=given.get("places", 0), **by(request))


@changes_journey
def mark_step(request, step_id):
    """Required, repeatable, a moment that matters, and the feeling assumed."""
    step, form = _step(request, step_id), forms.Marks(request.POST)
    if not form.is_valid():
        return step.phase.journey, {
            "refused": "Write the assumed feeling as a number from −2 to 2, or leave it empty."
        }
    given = form.cleaned_data
    feeling = given.pop("assumed_feeling")
    operations.mark_step(step, **given, **by(request))
    if feeling != step.assumed_feeling:
        return _try(step.phase.journey, operations.assume_feeling, step, feeling=feeling, **by(request))
    return step.phase.journey


@changes_journey
def delete_step(request, step_id):
    step = _step(request, step_id)
    operations.delete_step(step, **by(request))
    return step.phase.journey, {"undo": ("restore_step", step.pk, f"Deleted the step “{step}”.")}


@changes_journey
def restore_step(request, step_id):
    step = get_object_or_404(
        Step.objects.select_related("phase__journey"),
        pk=step_id,
        phase__journey__in=Journey.objects.visible_to(request.member),
    )
    return _try(step.phase.journey, operations.restore_step, step, **by(request))


@changes_journey
def add_touchpoint(request, step_id):
    step, given = _step(request, step_id), _given(forms.Named(request.POST))
    return _try(
        step.phase.journey,
        operations.add_touchpoint,
        step,
        name=given["name"],
        channel=given["channel"],
        **by(request),
    )


@changes_journey
def rename_touchpoint(request, touchpoint_id):
    touchpoint, given = _touchpoint(request, touchpoint_id), _given(forms.Named(request.POST))
    return _try(
        touchpoint.step.phase.journey,
        operations.rename_touchpoint,
        touchpoint,
        name=given["name"],
        channel=given["channel"],
        **by(request),
    )


@changes_journey
def delete_touchpoint(request, touchpoint_id):
    touchpoint = _touchpoint(request, touchpoint_id)
    operations.delete_touchpoint(touchpoint, **by(request))
    undo = ("restore_touchpoint", touchpoint.pk, f"Deleted the touchpoint “{touchpoint}”.")
    return touchpoint.step.phase.journey, {"undo": undo}


@changes_journey
def restore_touchpoint(request, touchpoint_id):
    touchpoint = get_object_or_404(
        Touchpoint.objects.select_related("step__phase__journey"),
        pk=touchpoint_id,
        step__phase__journey__in=Journey.objects.visible_to(request.member),
    )
    return _try(touchpoint.step.phase.journey, operations.restore_touchpoint, touchpoint, **by(request))
