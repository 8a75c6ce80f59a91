from datetime import timedelta

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router

from wayline.accounts.api_auth import by, needs
from wayline.journeys import operations, queries, templates_library
from wayline.journeys.models import Journey, Persona, Phase, Step, Touchpoint
from wayline.journeys.operations.refusals import PersonaElsewhere
from wayline.journeys.queries import actual_paths, beginning
from wayline.journeys.reading import Reading
from wayline.journeys.schemas.journeys import (
    BindIn,
    ConfirmIn,
    FeelingIn,
    FlowOut,
    JourneyDetailOut,
    JourneyIn,
    JourneyNewIn,
    JourneyOut,
    MarksIn,
    MoveIn,
    PathsIn,
    PathsOut,
    PeopleIn,
    PeopleOut,
    PhaseIn,
    PlannedOut,
    ReadingIn,
    StepIn,
    TemplateOut,
    TouchpointIn,
)
from wayline.metrics import flows, observed, periods

router = Router()


def _journey(request, journey_id: int) -> Journey:
    found = Journey.objects.visible_to(request.member).with_steps().with_feelings()
    return get_object_or_404(found, pk=journey_id)


def _fresh(journey: Journey) -> Journey:
    return Journey.objects.with_steps().with_feelings().get(pk=journey.pk)


def _phase(request, phase_id: int) -> Phase:
    return get_object_or_404(Phase.objects.visible_to(request.member).select_related("journey"), pk=phase_id)


def _step(request, step_id: int) -> Step:
    found = Step.objects.visible_to(request.member).select_related("phase__journey")
    return get_object_or_404(found, pk=step_id)


def _touchpoint(request, touchpoint_id: int) -> Touchpoint:
    found = Touchpoint.objects.visible_to(request.member).select_related("step__phase__journey")
    return get_object_or_404(found, pk=touchpoint_id)


def _reading(journey: Journey, body: ReadingIn) -> Reading:
    extent = periods.extent_of(journey.workspace, now=timezone.now())
    last = body.until or extent.last_day
    first = min(body.since or last - timedelta(days=body.days - 1), last)
    window = timedelta(days=body.window_days) if body.window_days else journey.window
    return Reading(
        period=extent.period(periods.ALL) if body.period else extent.between(first, last),
        period_choice=body.period or periods.DATES,
        window=None if body.no_window else window,
        start=body.start or journey.start,
        segment=body.segment,
    )


@router.get("/templates", response=list[TemplateOut])
def templates(request):
    """The journeys one can begin with."""
    return templates_library.templates()


@router.get("/templates/{template}/signals", response=list[PlannedOut])
def template_signals(request, template: str, source: str = ""):
    """Which signals each step of a template could be, of every source or of one; `is_chosen` are those
    that it binds to unless told otherwise."""
    found = templates_library.find(template)
    if found is None:
        raise Http404
    return beginning.plan(request.member, found, source=source).steps


@router.get("/", response=list[JourneyOut])
def journeys(request, search: str = ""):
    """Every journey of the workspace, by title."""
    return Journey.objects.visible_to(request.member).filter(title__icontains=search).select_related("owner")


@router.post("/", response={201: JourneyDetailOut})
@needs("contributor")
def create_journey(request, body: JourneyNewIn):
    """Start a journey, blank or from a template whose steps bind to the signals that exist, to those that
    one `source` sent, or as `bindings` says by the keys of the steps."""
    settings = body.dict(exclude={"title", "template", "no_window", "source", "bindings"}, exclude_none=True)
    if body.no_window:
        settings["window_days"] = None
    journey = operations.create_journey(
        request.workspace,
        title=body.title,
        template=body.template,
        observed=observed.names(request.workspace.pk, source=body.source) if body.template else (),
        bindings=body.bindings,
        **settings,
        **by(request),
    )
    return 201, _fresh(journey)


@router.get("/{journey_id}", response=JourneyDetailOut)
def journey(request, journey_id: int):
    """One journey with its phases, steps, bindings and touchpoints."""
    return _journey(request, journey_id)


@router.post("/{journey_id}/describe", response=JourneyDetailOut)
@needs("contributor")
def describe_journey(request, journey_id: int, body: JourneyIn):
    """Change what the journey says and how it is measured; what is left out stays."""
    found = _journey(request, journey_id)
    changes = body.dict(exclude={"template", "no_window"}, exclude_unset=True)
    if body.no_window:
        changes["window_days"] = None
    operations.describe_journey(found, **changes, **by(request))
    return _fresh(found)


@router.post("/{journey_id}/delete", response={204: None})
@needs("contributor")
def delete_journey(request, journey_id: int):
    """Take the journey out of the library. It can be restored."""
    operations.delete_journey(_journey(request, journey_id), **by(request))
    return 204, None


@router.post("/{journey_id}/restore", response=JourneyDetailOut)
@needs("contributor")
def restore_journey(request, journey_id: int):
    """Bring a deleted journey back."""
    found = get_object_or_404(Journey.objects.deleted_from(request.member), pk=journey_id)
    operations.restore_journey(found, **by(request))
    return _fresh(found)


@router.post("/{journey_id}/flow", response=FlowOut)
def flow(request, journey_id: int, body: ReadingIn):
    """How far customers go: the numbers of the living map, each with its interval."""
    found = _journey(request, journey_id)
    return flows.flow(queries.asked(found, _reading(found, body)), compare=body.compare)


@router.post("/{journey_id}/people", response=PeopleOut)
def people(request, journey_id: int, body: PeopleIn):
    """The customers behind a number; without a step, behind a number of the whole journey."""
    found = _journey(request, journey_id)
    reading = _reading(found, body)
    return queries.people_behind(
        found, reading, step=body.step, state=body.state, scale=body.scale, page=body.page
    )


@router.post("/{journey_id}/paths", response=PathsOut)
def paths(request, journey_id: int, body: PathsIn):
    """What the journey's customers really did, held against the map."""
    found = _journey(request, journey_id)
    by_key = {step.key: step for step in queries.steps_of(found)}
    start, end = by_key.get(body.from_step), by_key.get(body.to_step)
    return actual_paths.actual_paths(found, _reading(found, body), top=body.top, start=start, end=end)


@router.post("/{journey_id}/phases", response={201: JourneyDetailOut})
@needs("contributor")
def add_phase(request, journey_id: int, body: PhaseIn):
    """Add a phase at the end."""
    found = _journey(request, journey_id)
    operations.add_phase(found, name=body.name, question=body.question, **by(request))
    return 201, _fresh(found)


@router.post("/phases/{phase_id}/rename", response=JourneyDetailOut)
@needs("contributor")
def rename_phase(request, phase_id: int, body: PhaseIn):
    """Give a phase another name and question."""
    phase = _phase(request, phase_id)
    operations.rename_phase(phase, name=body.name, question=body.question, **by(request))
    return _fresh(phase.journey)


@router.post("/phases/{phase_id}/move", response=JourneyDetailOut)
@needs("contributor")
def move_phase(request, phase_id: int, body: MoveIn):
    """Move a phase along the journey."""
    phase = _phase(request, phase_id)
    operations.move_phase(phase, places=body.places, **by(request))
    return _fresh(phase.journey)


@router.post("/phases/{phase_id}/delete", response=JourneyDetailOut)
@needs("contributor")
def delete_phase(request, phase_id: int, body: ConfirmIn):
    """Delete a phase; 409 when it holds steps and that is not confirmed."""
    phase = _phase(request, phase_id)
    operations.delete_phase(phase, confirmed=body.confirmed, **by(request))
    return _fresh(phase.journey)


@router.post("/phases/{phase_id}/restore", response=JourneyDetailOut)
@needs("contributor")
def restore_phase(request, phase_id: int):
    """Undo the deletion of a phase."""
    kept = Journey.objects.visible_to(request.member)
    phase = get_object_or_404(Phase.objects.select_related("journey"), pk=phase_id, journey__in=kept)
    operations.restore_phase(phase, **by(request))
    return _fresh(phase.journey)


@router.post("/phases/{phase_id}/steps", response={201: JourneyDetailOut})
@needs("contributor")
def add_step(request, phase_id: int, body: StepIn):
    """Add a step at the end of a phase."""
    phase = _phase(request, phase_id)
    operations.add_step(phase, title=body.title, key=body.key, **by(request))
    return 201, _fresh(phase.journey)


@router.post("/steps/{step_id}/rename", response=JourneyDetailOut)
@needs("contributor")
def rename_step(request, step_id: int, body: StepIn):
    """Give a step another title; its key stays."""
    step = _step(request, step_id)
    operations.rename_step(step, title=body.title, **by(request))
    return _fresh(step.phase.journey)


@router.post("/steps/{step_id}/move", response=JourneyDetailOut)
@needs("contributor")
def move_step(request, step_id: int, body: MoveIn):
    """Move a step along the journey, across phases."""
    step = _step(request, step_id)
    operations.move_step(step, places=body.places, **by(request))
    return _fresh(step.phase.journey)


@router.post("/steps/{step_id}/mark", response=JourneyDetailOut)
@needs("contributor")
def mark_step(request, step_id: int, body: MarksIn):
    """Mark a step as required, repeatable, or a moment that matters; what is left out stays."""
    step = _step(request, step_id)
    operations.mark_step(step, **body.dict(), **by(request))
    return _fresh(step.phase.journey)


@router.post("/steps/{step_id}/assume-feeling", response=JourneyDetailOut)
@needs("contributor")
def assume_feeling(request, step_id: int, body: FeelingIn):
    """Set what the team believes customers, or one persona, feel at a step, −2 to +2; null takes it away."""
    step = _step(request, step_id)
    persona = None
    if body.persona is not None:
        persona = Persona.objects.visible_to(request.member).filter(pk=body.persona).first()
        if persona is None:
            raise PersonaElsewhere("That persona is not in this workspace. Choose one of its personas.")
    operations.assume_feeling(step, feeling=body.feeling, persona=persona, **by(request))
    return _fresh(step.phase.journey)


@router.post("/steps/{step_id}/bind", response=JourneyDetailOut)
@needs("contributor")
def bind_step(request, step_id: int, body: BindIn):
    """Say which signals are this step."""
    step = _step(request, step_id)
    operations.bind_step(step, condition=body.condition, **by(request))
    return _fresh(step.phase.journey)


@router.post("/{journey_id}/bind", response=JourneyDetailOut)
@needs("contributor")
def bind_fitting(request, journey_id: int):
    """Bind the steps of a template to its signals that have come in since; 409 when none has."""
    journey = _journey(request, journey_id)
    operations.bind_fitting(journey, observed=observed.names(request.workspace.pk), **by(request))
    return _fresh(journey)


@router.post("/steps/{step_id}/unbind", response=JourneyDetailOut)
@needs("contributor")
def unbind_step(request, step_id: int):
    """Take a step's binding away."""
    step = _step(request, step_id)
    operations.unbind_step(step, **by(request))
    return _fresh(step.phase.journey)


@router.post("/steps/{step_id}/delete", response=JourneyDetailOut)
@needs("contributor")
def delete_step(request, step_id: int):
    """Delete a step. It can be restored."""
    step = _step(request, step_id)
    operations.delete_step(step, **by(request))
    return _fresh(step.phase.journey)


@router.post("/steps/{step_id}/restore", response=JourneyDetailOut)
@needs("contributor")
def restore_step(request, step_id: int):
    """Undo the deletion of a step."""
    kept = Journey.objects.visible_to(request.member)
    found = Step.objects.select_related("phase__journey")
    step = get_object_or_404(found, pk=step_id, phase__journey__in=kept)
    operations.restore_step(step, **by(request))
    return _fresh(step.phase.journey)


@router.post("/steps/{step_id}/touchpoints", response={201: JourneyDetailOut})
@needs("contributor")
def add_touchpoint(request, step_id: int, body: TouchpointIn):
    """Add the place where the customer meets us at a step."""
    step = _step(request, step_id)
    operations.add_touchpoint(step, name=body.name, channel=body.channel, **by(request))
    return 201, _fresh(step.phase.journey)


@router.post("/touchpoints/{touchpoint_id}/rename", response=JourneyDetailOut)
@needs("contributor")
def rename_touchpoint(request, touchpoint_id: int, body: TouchpointIn):
    """Give a touchpoint another name and channel."""
    touchpoint = _touchpoint(request, touchpoint_id)
    operations.rename_touchpoint(touchpoint, name=body.name, channel=body.channel, **by(request))
    return _fresh(touchpoint.step.phase.journey)


@router.post("/touchpoints/{touchpoint_id}/move", response=JourneyDetailOut)
@needs("contributor")
def move_touchpoint(request, touchpoint_id: int, body: MoveIn):
    """Move a touchpoint within its step."""
    touchpoint = _touchpoint(request, touchpoint_id)
    operations.move_touchpoint(touchpoint, places=body.places, **by(request))
    return _fresh(touchpoint.step.phase.journey)


@router.post("/touchpoints/{touchpoint_id}/delete", response=JourneyDetailOut)
@needs("contributor")
def delete_touchpoint(request, touchpoint_id: int):
    """Delete a touchpoint. It can be restored."""
    touchpoint = _touchpoint(request, touchpoint_id)
    operations.delete_touchpoint(touchpoint, **by(request))
    return _fresh(touchpoint.step.phase.journey)


@router.post("/touchpoints/{touchpoint_id}/restore", response=JourneyDetailOut)
@needs("contributor")
def restore_touchpoint(request, touchpoint_id: int):
    """Undo the deletion of a touchpoint."""
    kept = Journey.objects.visible_to(request.member)
    found = Touchpoint.objects.select_related("step__phase__journey")
    touchpoint = get_object_or_404(found, pk=touchpoint_id, step__phase__journey__in=kept)
    operations.restore_touchpoint(touchpoint, **by(request))
    return _fresh(touchpoint.step.phase.journey)
