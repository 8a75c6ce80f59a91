from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET, require_POST

from wayline.accounts import access
from wayline.journeys import badges, conditions, forms, operations, wording
from wayline.journeys.models import Edge, Persona, Phase, Step
from wayline.journeys.operations.edits import labeled
from wayline.journeys.operations.refusals import FeelingOutOfRange
from wayline.journeys.queries import board, feelings, leading, talks

from . import answers
from .cards import _seen, step_of


def _step(request, step_id: int) -> Step:
    found = Step.objects.visible_to(request.member).select_related("phase__journey__workspace")
    return get_object_or_404(found, pk=step_id)


@require_GET
@access.member("viewer")
def show(request, step_id):
    """Everything about a step; the same as a panel beside the map."""
    step = _step(request, step_id)
    journey = step.phase.journey
    context = {
        "journey": journey,
        "step": step,
        "steps": board.numbered(journey),
        "edges": Edge.objects.between_kept_steps().filter(source=step).select_related("target"),
        "binding": conditions.sentence(conditions.parsed(step.condition)),
        "felt": feelings.at_step(step),
        "leading": leading.leading_to(step, request.member),
        "badges": badges.of_step(step),
        "remark": wording.remark(step.title),
        "threads": talks.about(journey, "step", str(step.pk)),
        "subject": ("step", step.pk),
    }
    template = "journeys/map/step.html#panel" if request.htmx else "journeys/map/step.html"
    return render(request, template, context)


@require_POST
@access.member("contributor")
def retitle(request, step_id):
    """The words of a step, written on the map itself."""
    step = _step(request, step_id)

    def act():
        operations.rename_step(
            step, title=request.POST.get("title", ""), seen=_seen(request), **answers.by(request)
        )
        return labeled("Renamed the step", step)

    return answers.change(request, step.phase.journey, act)


@require_POST
@access.member("contributor")
def place(request, step_id):
    """A step to another phase, before another step or at its end."""
    step = _step(request, step_id)
    phases = Phase.objects.visible_to(request.member).filter(journey=step.phase.journey)
    said = request.POST.get("phase", "")
    phase = get_object_or_404(phases, pk=said if said.isdecimal() else 0)
    before = request.POST.get("before", "")

    def act():
        keys = list(phase.steps.kept().exclude(pk=step.pk).values_list("pk", flat=True))
        position = keys.index(int(before)) if before.isdecimal() and int(before) in keys else len(keys)
        operations.move_step(step, phase=phase, position=position, seen=_seen(request), **answers.by(request))
        return labeled("Moved the step", step, f"to {phase}")

    return answers.change(request, step.phase.journey, act)


@require_POST
@access.member("contributor")
def feel(request, step_id):
    """What the team believes customers feel here."""
    step, form = _step(request, step_id), forms.Marks(request.POST)
    form.is_valid()
    chosen = request.POST.get("persona", "")
    personas = Persona.objects.visible_to(request.member)
    persona = get_object_or_404(personas, pk=chosen) if chosen.isdecimal() and len(chosen) < 10 else None

    def act():
        if "assumed_feeling" in form.errors:
            raise FeelingOutOfRange("Write the feeling as a number from −2 to 2, or leave it empty.")
        feeling = form.cleaned_data["assumed_feeling"]
        operations.assume_feeling(
            step, feeling=feeling, persona=persona, seen=_seen(request), **answers.by(request)
        )
        return labeled("Set the feeling at", step, f"of {persona}" if persona else "")

    return answers.change(request, step.phase.journey, act)


@require_POST
@access.member("contributor")
def mark(request, step_id):
    """A moment that matters, a fail point: one flag at a time, switched."""
    step = _step(request, step_id)
    flag = request.POST.get("flag")
    if flag not in ("is_moment", "is_fail_point", "is_required", "is_repeatable"):
        return HttpResponse("There is no such flag.", status=422, content_type="text/plain")

    def act():
        operations.mark_step(step, **{flag: not getattr(step, flag)}, **answers.by(request))
        return labeled("Marked the step", step)

    return answers.change(request, step.phase.journey, act)


@require_POST
@access.member("contributor")
def connect(request, step_id):
    """A branch or a loop from this step to another one."""
    step = _step(request, step_id)
    target = step_of(step.phase.journey, request.POST.get("target", ""))

    def act():
        label = request.POST.get("label", "")
        return f"Drew {operations.add_edge(step, target, label=label, **answers.by(request))}"

    return answers.change(request, step.phase.journey, act)


@require_POST
@access.member("contributor")
def disconnect(request, edge_id):
    found = Edge.objects.visible_to(request.member).select_related("journey__workspace", "source", "target")
    edge = get_object_or_404(found, pk=edge_id)

    def act():
        operations.delete_edge(edge, **answers.by(request))
        return f"Took away {edge}"

    return answers.change(request, edge.journey, act)
