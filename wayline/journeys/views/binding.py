from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from wayline.accounts import access
from wayline.journeys import forms, operations
from wayline.journeys.models import Step
from wayline.journeys.queries import bindings
from wayline.journeys.views.find import journey_of
from wayline.kit.pages import show
from wayline.kit.refusals import Refusal
from wayline.metrics import observed


def _step(request, step_id: int) -> Step:
    found = Step.objects.visible_to(request.member).select_related("phase__journey__workspace")
    return get_object_or_404(found, pk=step_id)


@require_http_methods(["GET", "POST"])
@access.member("contributor")
def bind(request, step_id):
    """Choose the signals that are this step, see what they match, save."""
    step = _step(request, step_id)
    if request.method == "GET":
        chosen = request.GET if "preview" in request.GET else forms.bound_values(step.condition)
        return _show(request, step, forms.Binding(chosen))

    form, refused = forms.Binding(request.POST), ""
    if form.is_valid():
        try:
            operations.bind_step(step, condition=form.condition(), by=request.user, now=timezone.now())
        except Refusal as refusal:
            refused = str(refusal)
        else:
            messages.success(request, f"“{step}” is bound.")
            return redirect(_back(request, step))
    return _show(request, step, form, refused=refused, status=409 if refused else 422)


@require_POST
@access.member("contributor")
def bind_fitting(request, journey_id):
    """Bind the steps of a template to its signals that have come in since."""
    journey = journey_of(request, journey_id)
    names = observed.names(request.workspace.pk)
    try:
        bound, waiting = operations.bind_fitting(journey, observed=names, by=request.user, now=timezone.now())
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        rest = f"; {waiting} wait for signals, or for you to choose them" if waiting else ""
        messages.success(request, f"{bound} step{' is' if bound == 1 else 's are'} bound{rest}.")
    return redirect("journeys:map", request.workspace.slug, journey.pk)


@require_POST
@access.member("contributor")
def unbind(request, step_id):
    """Take the binding away."""
    step = _step(request, step_id)
    operations.unbind_step(step, by=request.user, now=timezone.now())
    return redirect("journeys:bind", request.workspace.slug, step.pk)


def _back(request, step: Step) -> str:
    """The page the binding was opened from: where one edits, or the map."""
    page = "journeys:edit" if request.POST.get("from") == "edit" else "journeys:map"
    address = reverse(page, args=[request.workspace.slug, step.phase.journey_id])
    return f"{address}#step-{step.pk}" if page == "journeys:edit" else address


def _show(request, step: Step, form: forms.Binding, *, refused="", status=200):
    context = {
        "journey": step.phase.journey,
        "step": step,
        "form": form,
        "refused": refused,
        "came_from": (request.POST if request.method == "POST" else request.GET).get("from", ""),
        "board": bindings.board(step, form, search=request.GET.get("q", "").strip()),
    }
    return show(request, "journeys/bind.html", context, fragment="preview", status=status)
