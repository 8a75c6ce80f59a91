from dataclasses import replace
from datetime import date

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from wayline.accounts import access
from wayline.kit.charts.trend import TrendPoint, trend
from wayline.kit.charts.whiskers import WhiskerRow, whiskers
from wayline.kit.pages import show
from wayline.signals.vocabulary import SCALES

from . import (
    answers,
    export,
    forms,
    lateness,
    operations,
    periods,
    queries,
    readable,
    reading,
    response,
    written,
)
from .catalog import FAMILIES, METRICS
from .controls import Controls
from .metric import Metric
from .models import Baseline
from .questions import Answer

SHOWN_ROWS, MANY_GROUPS, CHANCE = 30, 10, 0.05


@access.member("viewer")
@require_GET
def catalog(request):
    """All metrics of the workspace."""
    form = Controls(request.GET, **choices(request))
    asked = form.reading()
    last_at = answers.last_at(request.workspace.pk, timezone.now())
    groups = queries.lines(request.member, asked) if last_at and form.is_valid() else []
    context = {
        "form": form,
        "reading": asked,
        "groups": groups,
        "asked": request.GET.urlencode(),
        "is_beside": not form.extent.holds(asked.period),
    }
    return show(request, "metrics/catalog.html", context, status=200 if form.is_valid() else 422)


@access.member("viewer")
@require_GET
def metric(request, slug: str):
    """One metric: its value, its course, who differs, how it spreads, and what it means."""
    return show_metric(request, found(slug))


@access.member("viewer")
@require_GET
def export_csv(request, slug: str):
    metric = found(slug)
    form = _form(request, metric)
    if not form.is_valid():
        return show_metric(request, metric, status=422)
    answer = _exported(request, metric, form.reading())
    response = HttpResponse(export.csv_of(answer), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{slug}.csv"'
    return response


@access.member("viewer")
@require_GET
def export_json(request, slug: str):
    metric = found(slug)
    form = _form(request, metric)
    if not form.is_valid():
        return show_metric(request, metric, status=422)
    answer = _exported(request, metric, form.reading())
    response = JsonResponse(written.answer(answer), json_dumps_params={"indent": 2})
    response["Content-Disposition"] = f'attachment; filename="{slug}.json"'
    return response


@access.member("manager")
@require_POST
def set_target(request, slug: str):
    metric = found(slug)
    form = forms.TargetForm(request.POST, metric=metric)
    if not form.is_valid():
        return show_metric(request, metric, target_form=form, status=422)
    operations.set_target(
        request.workspace, metric=slug, **form.cleaned_data, by=request.user, now=timezone.now()
    )
    return _back(request, slug, "The target is set.")


@access.member("manager")
@require_POST
def remove_target(request, slug: str):
    operations.remove_target(request.workspace, metric=found(slug).slug, by=request.user, now=timezone.now())
    return _back(request, slug, "The target is taken away.")


@access.member("contributor")
@require_POST
def freeze_baseline(request, slug: str):
    metric = found(slug)
    name, form = forms.BaselineForm(request.POST), _form(request, metric)
    asked = form.reading()
    if not (name.is_valid() and form.is_valid()):
        return show_metric(request, metric, status=422)
    operations.freeze_baseline(
        request.workspace,
        question=asked.question(request.workspace.pk, slug),
        name=name.cleaned_data["name"],
        by=request.user,
        now=timezone.now(),
    )
    return _back(request, slug, "The baseline is frozen.")


@access.member("manager")
@require_POST
def remove_baseline(request, baseline_id: int):
    baseline = get_object_or_404(Baseline.objects.visible_to(request.member), pk=baseline_id)
    operations.remove_baseline(baseline, by=request.user, now=timezone.now())
    return _back(request, baseline.metric, f"The baseline “{baseline}” is taken away.")


def found(slug: str) -> Metric:
    if slug not in METRICS:
        raise Http404
    return METRICS[slug]


def choices(request) -> dict:
    """What a reading form needs to know of the workspace."""
    now = timezone.now()
    return {
        "extent": periods.extent_of(request.workspace, now=now),
        "segments": queries.segments(request.member) if answers.last_at(request.workspace.pk, now) else [],
    }


def show_metric(request, metric: Metric, *, target_form=None, status: int = 200):
    form = _form(request, metric)
    asked = form.reading()
    context = {
        "metric": metric,
        "family": FAMILIES[metric.family],
        "form": form,
        "reading": asked,
        "asked": request.GET.urlencode(),
        "is_ready": all(getattr(asked, name) for name in metric.requires),
        "has_signals": answers.last_at(request.workspace.pk, timezone.now()) is not None,
    }
    target = queries.target_of(request.member, metric)
    context |= {"target": target, "target_form": target_form or _target_form(metric, target)}
    if context["is_ready"] and context["has_signals"] and form.is_valid():
        context |= _measured(request, metric, asked, target)
        if not context["total"].estimate.n:
            context["elsewhere"] = _elsewhere(request, metric, form, asked)
    return show(request, "metrics/metric.html", context, status=status if form.is_valid() else 422)


def _measured(request, metric: Metric, asked: reading.Reading, target) -> dict:
    workspace, goal = request.workspace.pk, target.value if target else None
    over_time = _answered(workspace, metric, asked, asked.rhythm)
    total = over_time.total
    split = _answered(workspace, metric, asked, asked.by) if asked.by else None
    low, high = queries.reach(metric, total, over_time.scale, target)
    shown = readable.of(metric, over_time.rows, goal)
    days = [(row.key[0] or "", row.estimate) for row in shown.rows]
    points = [TrendPoint(_day(day, asked.rhythm), estimate, day) for day, estimate in days]
    groups = len(split.rows[:SHOWN_ROWS]) if split else 0
    return {
        "answer": over_time,
        "late": lateness.late(asked.question(workspace, metric.slug), scale=over_time.scale),
        "goal": goal,
        "scale_name": SCALES[over_time.scale].name if over_time.scale else "",
        "target_words": "" if goal is None else metric.amount(goal),
        "detectable_words": metric.difference(queries.detectable(metric, total.estimate)),
        "split_name": asked.split_words,
        "by_chance": round(groups * CHANCE) if groups >= MANY_GROUPS else 0,
        "total": total,
        "low": low,
        "high": high,
        "is_met": target.is_met_by(total.estimate) if target else None,
        "trend": trend(points, target=shown.goal, unit=shown.unit, digits=shown.digits, label=metric.name),
        "trend_word": shown.word,
        "trend_name": f"{metric.name}, {shown.word}" if shown.word else metric.name,
        "is_due_later": bool(target and target.due_on and target.due_on >= timezone.now().date()),
        "split": split,
        "breakdown": _breakdown(metric, split, goal),
        "hidden": max(0, len(split.rows) - SHOWN_ROWS) if split else 0,
        "response": response.response(asked.question(workspace, metric.slug), over_time.scale),
        "distribution": queries.distribution(asked.question(workspace, metric.slug)),
        "baselines": queries.since(request.member, metric, over_time),
        "baseline_form": forms.BaselineForm(),
    }


def _answered(workspace: int, metric: Metric, asked: reading.Reading, by: str) -> Answer:
    answer = answers.answer(asked.question(workspace, metric.slug, by=(by,)))
    return readable.alone(answer) if asked.is_all else answer


def _elsewhere(request, metric: Metric, form, asked: reading.Reading) -> int:
    """How much all signals hold, where the chosen period holds nothing."""
    if asked.is_all:
        return 0
    everything = replace(asked, period=form.extent.period(periods.ALL))
    return answers.answer(everything.question(request.workspace.pk, metric.slug)).total.estimate.n


def _breakdown(metric: Metric, split, goal) -> dict | None:
    if split is None:
        return None
    rows = sorted(
        split.rows[:SHOWN_ROWS],
        key=lambda row: (row.estimate.is_thin, row.estimate.value is None, -(row.estimate.value or 0)),
    )
    shown = readable.of(metric, rows, goal)
    return whiskers(
        [WhiskerRow(row.key[0] or "Not said", row.estimate, row.change) for row in shown.rows],
        low=None if metric.scales or metric.unit == "%" else 0,
        target=shown.goal,
        unit=shown.unit,
        digits=shown.digits,
        direction=metric.direction,
    )


def _form(request, metric: Metric) -> forms.MetricForm:
    workspace = request.workspace.pk
    settings = choices(request)
    question = reading.Reading(settings["extent"].last(1)).question(workspace, metric.slug)
    return forms.MetricForm(
        request.GET,
        metric=metric,
        names=queries.names(workspace) if metric.takes else (),
        properties=queries.properties(question),
        traits=list(dict.fromkeys(trait for trait, *_ in queries.trait_values(workspace))),
        **settings,
    )


def _target_form(metric: Metric, target) -> forms.TargetForm:
    form = forms.TargetForm(metric=metric)
    if target:
        form.initial = {"value": round(target.value * form.factor, 4), "due_on": target.due_on}
    return form


def _exported(request, metric: Metric, asked: reading.Reading) -> Answer:
    by = (asked.by,) if asked.by else (asked.rhythm,)
    question = asked.question(request.workspace.pk, metric.slug, by=by)
    return lateness.told(question, answers.answer(question))


def _back(request, slug: str, sentence: str):
    messages.success(request, sentence)
    address = reverse("metrics:metric", args=[request.workspace.slug, slug])
    return redirect(f"{address}?{request.GET.urlencode()}" if request.GET else address)


def _day(written_day: str, rhythm: str) -> str:
    day = date.fromisoformat(written_day)
    return f"{day:%b %Y}" if rhythm == "month" else f"{day.day} {day:%b}"
