from datetime import timedelta

from django.contrib import messages
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wayline.accounts import access
from wayline.customers.models import Customer
from wayline.journeys import standing_on
from wayline.journeys.models import Placement
from wayline.kit.lists import listing
from wayline.kit.refusals import Refusal
from wayline.metrics import evidence as measured
from wayline.metrics import observed
from wayline.signals.conditions import SignalIs

from . import forms, operations, queries
from .models import Evidence, Insight

CUSTOMERS_ON_A_PAGE = 50
INSIGHTS_ON_A_PAGE = 25


def _insight(request, insight_id: int) -> Insight:
    return get_object_or_404(queries.insights(request.member), pk=insight_id)


def _period(request):
    choice = request.GET.get("period", "")
    choice = choice if choice in dict(queries.PERIODS) else queries.DEFAULT_PERIOD
    return choice, queries.period_for(request.workspace, choice, now=timezone.now())


def _of_kind(rows: QuerySet, kind: str) -> QuerySet:
    return rows.filter(card__kind=kind) if kind in Insight.KINDS else rows


def _at_step(rows: QuerySet, step: str) -> QuerySet:
    """Those on exactly this step."""
    at = Placement.objects.on_kept_maps().filter(step=int(step)) if step.isdecimal() else None
    return rows if at is None else rows.filter(card__in=at.values("card"))


def _of_certainty(rows: QuerySet, certainty: str) -> QuerySet:
    return rows.filter(certainty=certainty) if certainty in Insight.Certainty.values else rows


@require_GET
@access.member("viewer")
def index(request):
    """Every insight with what stands behind it."""
    now = timezone.now()
    choice, period = _period(request)
    found = listing(
        request,
        queries.insights(request.member),
        filters={
            "q": lambda rows, words: rows.filter(card__title__icontains=words),
            "kind": _of_kind,
            "step": _at_step,
            "certainty": _of_certainty,
        },
        per_page=INSIGHTS_ON_A_PAGE,
    )
    deleted = request.GET.get("deleted", "")
    context = {
        "listing": found,
        "rows": [queries.weighed(insight, period, now=now) for insight in found.page],
        "kinds": forms.KINDS,
        "certainties": Insight.Certainty.choices,
        "periods": queries.PERIODS,
        "period_choice": choice,
        "step": standing_on.chosen_step(request),
        "closed": standing_on.closed_to(request.member),
        "deleted": Insight.objects.deleted_from(request.member).filter(pk=deleted).first()
        if deleted.isdecimal()
        else None,
    }
    return render(request, "insights/index.html", context)


@require_http_methods(["GET", "POST"])
@access.member("contributor")
def new(request):
    """Write an insight; from a step of a map it is placed there, with the step's loss at hand."""
    step = standing_on.chosen_step(request)
    form = forms.InsightForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            insight = operations.write_insight(
                request.workspace, **form.cleaned_data, step=step, by=request.user, now=timezone.now()
            )
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect(insight)
    context = {"form": form, "step": step}
    return render(request, "insights/new.html", context, status=422 if form.errors else 200)


@require_POST
@access.member("contributor")
def adopt(request, placement_id):
    """Make an insight of a card on a map."""
    found = Placement.objects.visible_to(request.member).select_related("card")
    card = get_object_or_404(found, pk=placement_id).card
    insight = operations.adopt_card(card, by=request.user, now=timezone.now())
    messages.success(request, "It is an insight now. Add what shows it.")
    return redirect(insight)


@require_GET
@access.member("viewer")
def insight(request, insight_id):
    """One insight: its evidence, the customers behind it, how like the others they are, its places."""
    return _show(request, _insight(request, insight_id))


def _show(request, insight: Insight, *, form=None, evidence_form=None, status=200):
    now = timezone.now()
    choice, period = _period(request)
    found = queries.weighed(insight, period, now=now, words=5)
    names = observed.names(request.workspace.pk)
    removed = request.GET.get("removed", "")
    context = {
        "insight": insight,
        "found": found,
        "last_day": period.end - timedelta(microseconds=1),
        "pieces": queries.pieces_of(insight, period),
        "likeness": queries.representativeness(request.member, found, period, now=now),
        "form": form or forms.Described(initial=_initial(insight), member=request.member),
        "evidence_form": evidence_form or forms.EvidenceForm(names=names),
        "steps": standing_on.free_steps(request.member, found.placements),
        "closed": standing_on.closed_to(request.member),
        "periods": queries.PERIODS,
        "period_choice": choice,
        "period": period,
        "removed": Evidence.objects.visible_to(request.member)
        .filter(pk=removed, insight=insight)
        .exclude(deleted_at=None)
        .first()
        if removed.isdecimal()
        else None,
    }
    return render(request, "insights/insight.html", context, status=status)


def _initial(insight: Insight) -> dict:
    card = insight.card
    return {
        "title": card.title,
        "body": card.body,
        "kind": card.kind,
        "owner": card.owner_id,
        "certainty": insight.certainty,
        "fresh_days": insight.fresh_days,
    }


@require_GET
@access.member("viewer")
def customers(request, insight_id):
    """The customers behind an insight, the latest first."""
    insight = _insight(request, insight_id)
    choice, period = _period(request)
    condition = queries.condition_of(list(insight.evidence.all()))
    number = max(1, int(page)) if (page := request.GET.get("page", "1")).isdecimal() else 1
    behind = measured.behind(
        request.workspace.pk,
        condition or SignalIs(names=("",)),
        period,
        limit=CUSTOMERS_ON_A_PAGE,
        offset=(number - 1) * CUSTOMERS_ON_A_PAGE,
    )
    rows = Customer.objects.filter(workspace=request.workspace).in_bulk(behind.customers)
    context = {
        "insight": insight,
        "behind": behind,
        "found": [
            (rows[customer], at)
            for customer, at in zip(behind.customers, behind.at, strict=True)
            if customer in rows
        ],
        "page": number,
        "pages": max(1, -(-behind.n // CUSTOMERS_ON_A_PAGE)),
        "period": period,
        "period_choice": choice,
    }
    return render(request, "insights/customers.html", context)


@require_POST
@access.member("contributor")
def describe(request, insight_id):
    """Change what the insight says."""
    insight = _insight(request, insight_id)
    form = forms.Described(request.POST, member=request.member)
    if not form.is_valid():
        return _show(request, insight, form=form, status=422)
    operations.describe_insight(insight, **form.cleaned_data, by=request.user, now=timezone.now())
    messages.success(request, "Saved.")
    return redirect(insight)


@require_POST
@access.member("contributor")
def place(request, insight_id):
    """Put the insight on a step."""
    insight = _insight(request, insight_id)
    step = standing_on.chosen_step(request)
    if step is None:
        messages.error(request, "Choose a step to place it on.")
        return redirect(insight)
    operations.place_insight(insight, step=step, by=request.user, now=timezone.now())
    messages.success(request, f"Placed on “{step.title}”.")
    return redirect(insight)


@require_POST
@access.member("contributor")
def take_off(request, insight_id, placement_id):
    """Take the insight off a step."""
    insight = _insight(request, insight_id)
    placement = standing_on.placement_of(request.member, insight.card, placement_id)
    operations.take_off(insight, placement=placement, by=request.user, now=timezone.now())
    messages.success(request, f"Taken off “{placement.step.title}”. Place it again to undo.")
    return redirect(insight)


@require_POST
@access.member("contributor")
def add_evidence(request, insight_id):
    """Add evidence to the insight."""
    insight = _insight(request, insight_id)
    form = forms.EvidenceForm(request.POST, names=observed.names(request.workspace.pk))
    if form.is_valid():
        try:
            operations.add_evidence(insight, **form.asked(), by=request.user, now=timezone.now())
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Evidence added.")
            return redirect(insight)
    return _show(request, insight, evidence_form=form, status=422)


@require_POST
@access.member("contributor")
def remove_evidence(request, evidence_id):
    """Remove a piece of evidence; the answer offers to undo it."""
    evidence = get_object_or_404(Evidence.objects.visible_to(request.member), pk=evidence_id)
    operations.remove_evidence(evidence, by=request.user, now=timezone.now())
    return redirect(f"{evidence.insight.get_absolute_url()}?removed={evidence.pk}")


@require_POST
@access.member("contributor")
def restore_evidence(request, evidence_id):
    """Undo the removal."""
    evidence = get_object_or_404(Evidence.objects.visible_to(request.member), pk=evidence_id)
    operations.restore_evidence(evidence, by=request.user, now=timezone.now())
    messages.success(request, "The evidence is back.")
    return redirect(evidence.insight)


@require_POST
@access.member("contributor")
def delete(request, insight_id):
    """Delete the insight; the answer offers to undo it."""
    insight = _insight(request, insight_id)
    operations.delete_insight(insight, by=request.user, now=timezone.now())
    return redirect(f"{reverse('insights:index', args=[request.workspace.slug])}?deleted={insight.pk}")


@require_POST
@access.member("contributor")
def restore(request, insight_id):
    """Undo the deletion."""
    insight = get_object_or_404(Insight.objects.deleted_from(request.member), pk=insight_id)
    operations.restore_insight(insight, by=request.user, now=timezone.now())
    messages.success(request, f"“{insight}” is back.")
    return redirect(insight)
