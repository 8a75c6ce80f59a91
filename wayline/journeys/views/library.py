from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wayline.accounts import access
from wayline.journeys import forms, operations, queries, templates_library
from wayline.journeys.models import Journey
from wayline.journeys.views.find import journey_of
from wayline.kit.refusals import Refusal
from wayline.metrics import observed


@require_GET
@access.member("viewer")
def library(request):
    """Every journey with how it goes."""
    search = request.GET.get("q", "").strip()
    deleted = request.GET.get("deleted", "")
    context = {
        "search": search,
        "shelf": queries.library(request.member, now=timezone.now(), search=search),
        "templates": templates_library.templates(),
        "deleted": Journey.objects.deleted_from(request.member).filter(pk=deleted).first()
        if deleted.isdigit()
        else None,
    }
    return render(request, "journeys/library.html", context)


@require_http_methods(["GET", "POST"])
@access.member("contributor")
def new(request):
    """Start a journey from a template or blank."""
    form = forms.NewJourney(request.POST if request.method == "POST" else None)
    names = observed.names(request.workspace.pk)
    if request.method == "POST" and form.is_valid():
        try:
            journey = operations.create_journey(
                request.workspace, **form.cleaned_data, observed=names, by=request.user, now=timezone.now()
            )
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            page = "journeys:map" if form.cleaned_data["template"] else "journeys:edit"
            return redirect(page, request.workspace.slug, journey.pk)
    context = {
        "form": form,
        "offers": [
            (template, sum(templates_library.binding(step, names) is not None for step in template.steps))
            for template in templates_library.templates()
        ],
        "has_signals": bool(names),
    }
    return render(request, "journeys/new.html", context, status=422 if form.errors else 200)


@require_POST
@access.member("contributor")
def delete(request, journey_id):
    """Take a journey out of the library; the answer offers to undo it."""
    journey = journey_of(request, journey_id)
    operations.delete_journey(journey, by=request.user, now=timezone.now())
    return redirect(f"{reverse('journeys:library', args=[request.workspace.slug])}?deleted={journey.pk}")


@require_POST
@access.member("contributor")
def restore(request, journey_id):
    """Undo the deletion."""
    journey = get_object_or_404(Journey.objects.deleted_from(request.member), pk=journey_id)
    operations.restore_journey(journey, by=request.user, now=timezone.now())
    messages.success(request, f"“{journey}” is back.")
    return redirect("journeys:map", request.workspace.slug, journey.pk)
