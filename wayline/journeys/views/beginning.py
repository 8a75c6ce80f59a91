from typing import Any

from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from wayline.accounts import access
from wayline.journeys import forms, operations, templates_library
from wayline.journeys.queries import beginning
from wayline.kit.refusals import Refusal
from wayline.metrics import observed


@require_http_methods(["GET", "POST"])
@access.member("contributor")
def new(request):
    """Start a journey from a template or blank; which signals its steps are is chosen first if wanted."""
    template = templates_library.find(request.GET.get("template", ""))
    if request.method == "GET" and template:
        return _show_choice(request, template, source=request.GET.get("source", ""))
    form = forms.NewJourney(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            return _create(request, form.cleaned_data)
        except Refusal as refusal:
            form.add_error(None, str(refusal))
    return _show_offers(request, form)


def _create(request, given: dict):
    template = templates_library.find(given["template"])
    signals: dict[str, Any]
    if template and "chosen" in request.POST:
        signals = {"bindings": forms.Chosen(request.POST).bindings(template)}
    else:
        signals = {"observed": observed.names(request.workspace.pk)}
    journey = operations.create_journey(
        request.workspace, **given, **signals, by=request.user, now=timezone.now()
    )
    page = "journeys:map" if given["template"] else "journeys:edit"
    return redirect(page, request.workspace.slug, journey.pk)


def _show_offers(request, form):
    source = request.GET.get("source", "")
    workspace = request.workspace.pk
    names, origins = observed.names(workspace, source=source), observed.origins(workspace)
    offers = [
        (
            template,
            sum(templates_library.binding(step, names) is not None for step in template.steps),
            bool(source) or beginning.is_unclear(template, origins),
        )
        for template in templates_library.templates()
    ]
    sources = beginning.sources(request.member)
    context = {
        "form": form,
        "offers": offers,
        "has_signals": bool(origins),
        "source": source,
        "source_label": next((each.label for each in sources if each.value == source), source),
    }
    return render(request, "journeys/new.html", context, status=422 if form.errors else 200)


def _show_choice(request, template, *, source: str):
    plan = beginning.plan(request.member, template, source=source)
    return render(request, "journeys/choose.html", {"plan": plan})
