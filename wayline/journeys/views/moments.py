from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_POST

from wayline.accounts import access
from wayline.accounts.queries import people
from wayline.journeys import operations
from wayline.journeys.forms.moments import ChangeForm
from wayline.journeys.models import Journey, MomentChoice, Step
from wayline.journeys.queries import moments as found_moments
from wayline.journeys.views.find import controls_of, journey_of
from wayline.kit.pages import show
from wayline.kit.refusals import Refusal

from . import answers


@require_GET
@access.member("viewer")
def moments(request, journey_id):
    """The moments that matter, what must change there, and the steps the numbers propose."""
    return show_moments(request, journey_of(request, journey_id))


def show_moments(request, journey: Journey, *, refused="", form=None, about=None, status=200):
    controls = controls_of(request, journey)
    reading = controls.reading()
    outcome = found_moments.outcome_of(request.GET.get("outcome", ""))
    ranking = found_moments.ranking(journey, reading, outcome)
    flagged = found_moments.moments_of(journey, ranking)
    context = {
        "journey": journey,
        "controls": controls,
        "reading": reading,
        "ranking": ranking,
        "moments": flagged,
        "flagged": sum(each.step.is_moment for each in flagged),
        "top": found_moments.TOP,
        "outcomes": found_moments.outcome_choices(request.member),
        "outcome": request.GET.get("outcome", found_moments.COMPLETED),
        "refused": refused,
        "form": form or ChangeForm(members=people(request.workspace.pk), currency=request.workspace.currency),
        "about": about,
    }
    return show(request, "journeys/moments/moments.html", context, fragment="living", status=status)


@require_POST
@access.member("contributor")
def decide(request, step_id):
    """Accept a proposed step as a moment that matters, or dismiss it, with the reason."""
    rows = Step.objects.visible_to(request.member).select_related("phase__journey__workspace")
    step = get_object_or_404(rows, pk=step_id)
    journey = journey_of(request, step.phase.journey_id)
    operation = {"accept": operations.accept_moment, "dismiss": operations.dismiss_moment}.get(
        request.POST.get("act", "")
    )
    if operation is None:
        return HttpResponse("Accept or dismiss it.", status=422, content_type="text/plain")
    outcome = found_moments.outcome_of(request.GET.get("outcome", ""))
    evidence = found_moments.candidate_for(journey, controls_of(request, journey).reading(), outcome, step)
    try:
        operation(step, reason=request.POST.get("reason", ""), evidence=evidence, **answers.by(request))
    except Refusal as refusal:
        return show_moments(request, journey, refused=str(refusal), status=409)
    messages.success(request, f"Decided about “{step}”.")
    return redirect(f"{journey.get_absolute_url()}moments/?{request.GET.urlencode()}")


@require_POST
@access.member("contributor")
def reconsider(request, choice_id):
    """Take a decision back."""
    rows = MomentChoice.objects.visible_to(request.member).select_related("step__phase__journey__workspace")
    choice = get_object_or_404(rows, pk=choice_id)
    journey = choice.step.phase.journey
    try:
        operations.reconsider_moment(choice, **answers.by(request))
    except Refusal as refusal:
        return show_moments(request, journey_of(request, journey.pk), refused=str(refusal), status=409)
    messages.success(request, f"Took back the decision about “{choice.step}”.")
    return redirect(f"{journey.get_absolute_url()}moments/?{request.GET.urlencode()}")
