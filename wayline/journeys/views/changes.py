from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wayline.accounts import access
from wayline.accounts.queries import people
from wayline.journeys import operations
from wayline.journeys.forms.moments import ChangeForm
from wayline.journeys.models import MomentChange, Step
from wayline.journeys.queries import moments
from wayline.journeys.views.find import journey_of
from wayline.journeys.views.moments import show_moments
from wayline.kit import sheets
from wayline.kit.refusals import Refusal

from . import answers


def _form(request, given=None, instance=None) -> ChangeForm:
    return ChangeForm(
        given, instance=instance, members=people(request.workspace.pk), currency=request.workspace.currency
    )


def _listed(request) -> list[moments.Listed]:
    given = {name: request.GET.get(name, "") for name in ("kind", "status", "owner")}
    today = timezone.localdate()
    return moments.changes(request.member, today=today, open="open" in request.GET, **given)


@require_GET
@access.member("viewer")
def table(request):
    """What must change at the moments that matter of all journeys."""
    listed = _listed(request)
    deleted = request.GET.get("deleted", "")
    gone = MomentChange.objects.deleted_from(request.member)
    context = {
        "listed": listed,
        "cost": moments.cost_of(listed),
        "late": sum(each.is_late for each in listed),
        "kinds": MomentChange.Kind.choices,
        "statuses": MomentChange.Status.choices,
        "owners": people(request.workspace.pk),
        "is_filtered": any(request.GET.get(name) for name in ("kind", "status", "owner", "open")),
        "deleted": gone.filter(pk=deleted).first() if deleted.isdecimal() and len(deleted) < 10 else None,
    }
    return render(request, "journeys/moments/changes.html", context)


@require_GET
@access.member("viewer")
def export(request):
    """The same table as CSV."""
    return sheets.download(_rows(request), name="changes-at-moments.csv")


def _rows(request):
    yield "journey", "step", "kind", "what", "owner", "cost", "currency", "status", "due", "late"
    for each in _listed(request):
        change = each.change
        yield (
            each.journey.title,
            change.step.title,
            change.kind,
            change.what,
            change.owner.email if change.owner else "",
            "" if change.cost is None else change.cost,
            request.workspace.currency if change.cost is not None else "",
            change.status,
            change.due_on or "",
            "yes" if each.is_late else "no",
        )


@require_POST
@access.member("contributor")
def add(request, step_id):
    """List something that must change at a step."""
    step = get_object_or_404(Step.objects.visible_to(request.member), pk=step_id)
    journey, form = journey_of(request, step.phase.journey_id), _form(request, request.POST)
    if form.is_valid():
        try:
            change = operations.add_change(step, **form.cleaned_data, **answers.by(request))
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect(change)
    return show_moments(request, journey, form=form, about=step.pk, status=422)


def _change(request, change_id: int) -> MomentChange:
    rows = MomentChange.objects.visible_to(request.member)
    return get_object_or_404(rows.select_related("step__phase__journey__workspace", "owner"), pk=change_id)


@require_http_methods(["GET", "POST"])
@access.member("contributor")
def describe(request, moment_change_id):
    """Everything about one change."""
    found = _change(request, moment_change_id)
    # The form writes into the row it is given; a refusal must leave the one that is shown alone.
    form = _form(request, request.POST or None, _change(request, moment_change_id))
    if request.method == "POST" and form.is_valid():
        try:
            operations.describe_change(found, **form.cleaned_data, **answers.by(request))
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect(found)
    context = {"change": found, "journey": found.step.phase.journey, "form": form}
    return render(request, "journeys/moments/change.html", context, status=422 if form.errors else 200)


@require_POST
@access.member("contributor")
def delete(request, moment_change_id):
    """Take a change off the list; the answer offers to undo it."""
    found = _change(request, moment_change_id)
    operations.delete_change(found, **answers.by(request))
    return redirect(f"{reverse('journeys:changes', args=[request.workspace.slug])}?deleted={found.pk}")


@require_POST
@access.member("contributor")
def restore(request, moment_change_id):
    """Undo the deletion."""
    found = get_object_or_404(MomentChange.objects.deleted_from(request.member), pk=moment_change_id)
    operations.restore_change(found, **answers.by(request))
    return redirect(found)
