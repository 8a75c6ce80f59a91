from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wayline.accounts import access
from wayline.insights import queries as insights
from wayline.insights.models import Insight
from wayline.journeys import standing_on
from wayline.journeys.models import Placement, Step
from wayline.kit import charts
from wayline.kit.refusals import Refusal
from wayline.statistics.estimates import Estimate

from . import forms, operations
from .models import Opportunity
from .queries import backlog, sizes

VIEWS = (("table", "Table"), ("board", "Board"), ("matrix", "Matrix"))


def _opportunity(request, opportunity_id: int) -> Opportunity:
    return get_object_or_404(backlog.opportunities(request.member), pk=opportunity_id)


@require_GET
@access.member("viewer")
def index(request):
    """The opportunities as a table, a board or a matrix, and this week's quick wins."""
    now, search = timezone.now(), request.GET.get("q", "").strip()
    everything = backlog.ranked(backlog.opportunities(request.member), now=now)
    step = standing_on.chosen_step(request)
    shown = [
        each
        for each in everything
        if search.lower() in str(each.opportunity).lower()
        and (step is None or step.pk in {placement.step_id for placement in each.placements})
    ]
    view = request.GET.get("view", "table")
    deleted = request.GET.get("deleted", "")
    context = {
        "search": search,
        "closed": standing_on.closed_to(request.member),
        "step": step,
        "view": view if view in dict(VIEWS) else "table",
        "views": VIEWS,
        "is_any": bool(everything),
        "rows": shown,
        "columns": [
            (status.value, status.label, [each for each in shown if each.opportunity.status == status])
            for status in Opportunity.Status
        ],
        "matrix": _matrix(shown),
        "drawn": [each for each in shown if _has_dot(each)],
        "unplaced": [each for each in shown if not _has_dot(each)],
        "shortlist": backlog.shortlist(everything),
        "deleted": Opportunity.objects.deleted_from(request.member).filter(pk=deleted).first()
        if deleted.isdecimal()
        else None,
    }
    return render(request, "improvements/index.html", context)


def _has_dot(each: sizes.Sized) -> bool:
    is_sized = each.ranked_by is not None and each.ranked_by.value is not None
    return is_sized and each.opportunity.effort_weeks is not None


def _matrix(rows) -> dict | None:
    dots = []
    for each in rows:
        opportunity, up = each.opportunity, each.ranked_by
        if not _has_dot(each):
            continue
        low, high = opportunity.effort_low_weeks, opportunity.effort_high_weeks
        across = Estimate(opportunity.effort_weeks, low, high, 1, sizes.ENTERED)
        dots.append(charts.MatrixDot(str(opportunity), opportunity.get_absolute_url(), across, up))
    return charts.matrix(dots) if dots else None


@require_http_methods(["GET", "POST"])
@access.member("contributor")
def new(request):
    """Write an opportunity; from a step or an insight it begins there."""
    step, insight = standing_on.chosen_step(request), _chosen_insight(request)
    form = forms.OpportunityForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = operations.write_opportunity(
                request.workspace,
                **form.cleaned_data,
                steps=[step] if step else _steps_of(insight),
                insights=[insight] if insight else [],
                by=request.user,
                now=timezone.now(),
            )
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect(made)
    context = {"form": form, "step": step, "insight": insight}
    return render(request, "improvements/new.html", context, status=422 if form.errors else 200)


def _steps_of(insight: Insight | None) -> list[Step]:
    """Where the insight stands, the opportunity stands too."""
    placements = insights.placements_of(insight) if insight else ()
    return list({placement.step_id: placement.step for placement in placements}.values())


def _chosen_insight(request) -> Insight | None:
    chosen = request.POST.get("insight") or request.GET.get("insight") or ""
    return get_object_or_404(insights.insights(request.member), pk=chosen) if chosen.isdecimal() else None


@require_POST
@access.member("contributor")
def adopt(request, placement_id):
    """Make an opportunity of a card on a map."""
    found = Placement.objects.visible_to(request.member).select_related("card")
    card = get_object_or_404(found, pk=placement_id).card
    made = operations.adopt_card(card, by=request.user, now=timezone.now())
    messages.success(request, "It is an opportunity now. Say what it is worth and what it takes.")
    return redirect(made)


@require_GET
@access.member("viewer")
def opportunity(request, opportunity_id):
    """One opportunity: its size with every input, its reasons, where it stands, what else it touches."""
    return _show(request, _opportunity(request, opportunity_id))


def _show(request, opportunity: Opportunity, *, status=200, **given):
    found = sizes.sized(opportunity, now=timezone.now())
    linked = list(opportunity.insights.filter(card__deleted_at=None).select_related("card"))
    fields = forms.EstimateForm.base_fields
    context = {
        "opportunity": opportunity,
        "found": found,
        "linked": linked,
        "insights": insights.insights(request.member).exclude(pk__in=[each.pk for each in linked]),
        "steps": standing_on.free_steps(request.member, found.placements),
        "closed": standing_on.closed_to(request.member),
        "shared": backlog.shared_steps(request.member, found),
        "statuses": Opportunity.Status.choices,
        "form": forms.Described(initial=_initial(opportunity), member=request.member),
        "estimate_form": forms.EstimateForm(
            initial={name: _whole(getattr(opportunity, name)) for name in fields}
        ),
        "override_form": forms.OverrideForm(),
    }
    return render(request, "improvements/opportunity.html", context | given, status=status)


def _whole(number: float | None) -> float | int | None:
    """As people write it: 120, not 120.0."""
    return int(number) if number is not None and number == int(number) else number


def _initial(opportunity: Opportunity) -> dict:
    card = opportunity.card
    return {"title": card.title, "body": card.body, "owner": card.owner_id, "basis": opportunity.basis}


@require_POST
@access.member("contributor")
def describe(request, opportunity_id):
    """Change what it says."""
    found = _opportunity(request, opportunity_id)
    form = forms.Described(request.POST, member=request.member)
    if not form.is_valid():
        return _show(request, found, form=form, status=422)
    operations.describe_opportunity(found, **form.cleaned_data, by=request.user, now=timezone.now())
    messages.success(request, "Saved.")
    return redirect(found)


@require_POST
@access.member("contributor")
def estimate(request, opportunity_id):
    """Say what it is worth and what it takes."""
    found = _opportunity(request, opportunity_id)
    form = forms.EstimateForm(request.POST)
    if form.is_valid():
        try:
            operations.estimate_opportunity(found, **form.cleaned_data, by=request.user, now=timezone.now())
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Saved.")
            return redirect(found)
    return _show(request, found, estimate_form=form, status=422)


@require_POST
@access.member("contributor")
def override(request, opportunity_id):
    """Put a judgment in the place of the computed impact."""
    found = _opportunity(request, opportunity_id)
    form = forms.OverrideForm(request.POST)
    if not form.is_valid():
        return _show(request, found, override_form=form, status=422)
    operations.override_impact(found, **form.cleaned_data, by=request.user, now=timezone.now())
    messages.success(request, "Your judgment ranks it now. Everybody sees the reason.")
    return redirect(found)


@require_POST
@access.member("contributor")
def compute(request, opportunity_id):
    """Go back to the computed impact."""
    found = _opportunity(request, opportunity_id)
    operations.compute_impact(found, by=request.user, now=timezone.now())
    messages.success(request, "What is measured ranks it again.")
    return redirect(found)


@require_POST
@access.member("contributor")
def move(request, opportunity_id):
    """Move it to another column of the board."""
    found = _opportunity(request, opportunity_id)
    operations.move_opportunity(
        found, status=request.POST.get("status", ""), by=request.user, now=timezone.now()
    )
    if request.POST.get("from") == "board":
        return redirect(f"{reverse('improvements:index', args=[request.workspace.slug])}?view=board")
    return redirect(found)


@require_POST
@access.member("contributor")
def place(request, opportunity_id):
    """Put it on a step."""
    found, step = _opportunity(request, opportunity_id), standing_on.chosen_step(request)
    if step is None:
        messages.error(request, "Choose a step to place it on.")
        return redirect(found)
    operations.place_opportunity(found, step=step, by=request.user, now=timezone.now())
    messages.success(request, f"Placed on “{step.title}”.")
    return redirect(found)


@require_POST
@access.member("contributor")
def take_off(request, opportunity_id, placement_id):
    """Take it off a step."""
    found = _opportunity(request, opportunity_id)
    placement = standing_on.placement_of(request.member, found.card, placement_id)
    operations.take_off(found, placement=placement, by=request.user, now=timezone.now())
    messages.success(request, f"Taken off “{placement.step.title}”. Place it again to undo.")
    return redirect(found)


@require_POST
@access.member("contributor")
def link(request, opportunity_id):
    """Link an insight to it."""
    found, insight = _opportunity(request, opportunity_id), _chosen_insight(request)
    if insight is None:
        messages.error(request, "Choose an insight to link.")
        return redirect(found)
    operations.link_insight(found, insight=insight, by=request.user, now=timezone.now())
    return redirect(found)


@require_POST
@access.member("contributor")
def unlink(request, opportunity_id, insight_id):
    """Unlink an insight from it."""
    found = _opportunity(request, opportunity_id)
    insight = get_object_or_404(Insight.objects.visible_to(request.member), pk=insight_id)
    operations.unlink_insight(found, insight=insight, by=request.user, now=timezone.now())
    messages.success(request, f"“{insight}” is no reason for it any more. Link it again to undo.")
    return redirect(found)


@require_POST
@access.member("contributor")
def delete(request, opportunity_id):
    """Delete it; the answer offers to undo it."""
    found = _opportunity(request, opportunity_id)
    operations.delete_opportunity(found, by=request.user, now=timezone.now())
    return redirect(f"{reverse('improvements:index', args=[request.workspace.slug])}?deleted={found.pk}")


@require_POST
@access.member("contributor")
def restore(request, opportunity_id):
    """Undo the deletion."""
    found = get_object_or_404(Opportunity.objects.deleted_from(request.member), pk=opportunity_id)
    operations.restore_opportunity(found, by=request.user, now=timezone.now())
    messages.success(request, f"“{found}” is back.")
    return redirect(found)
