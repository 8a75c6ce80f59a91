from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from wayline.accounts import access
from wayline.accounts.models import Role
from wayline.customers.consents import queries as consents
from wayline.customers.models import Customer, Merge
from wayline.home import forms
from wayline.home.queries import overview as overviews
from wayline.home.queries import search as searches
from wayline.home.queries import story as stories
from wayline.journeys.models import Journey
from wayline.kit.pages import show
from wayline.metrics import periods
from wayline.metrics import queries as metrics
from wayline.metrics.controls import Controls
from wayline.signals import operations as signals


@require_GET
@access.member("viewer")
def overview(request):
    """How it feels to be our customer; what to do first while there are no signals."""
    now = timezone.now()
    fresh = overviews.freshness(request.workspace, now=now)
    if not fresh.signals:
        return show_start(request, fresh)
    controls = Controls(
        request.GET,
        extent=periods.extent_of(request.workspace, now=now),
        segments=metrics.segments(request.member),
    )
    reading = controls.reading()
    context = {
        "controls": controls,
        "asked": f"?{controls.query}" if controls.query else "",
        "is_beside": not controls.extent.holds(reading.period),
        "overview": overviews.overview(
            request.member, reading, period_choice=controls.period_choice, now=now
        ),
    }
    return show(request, "home/overview.html", context, status=422 if controls.errors else 200)


@require_GET
@access.member("viewer")
def start(request):
    """The first steps in an empty workspace, each with what is done already."""
    return show_start(request, overviews.freshness(request.workspace, now=timezone.now()))


def show_start(request, fresh):
    has_journeys = Journey.objects.visible_to(request.member).exists()
    return show(request, "home/start.html", {"freshness": fresh, "has_journeys": has_journeys})


@require_GET
@access.member("viewer")
def customer(request, customer_id: int):
    """One customer's story. Asked for older moments, htmx gets only the next part of the timeline."""
    own = Customer.objects.filter(workspace=request.workspace).select_related("merged_into")
    found = get_object_or_404(own, pk=customer_id)
    if found.merged_into:
        return redirect("home:customer", request.workspace.slug, found.merged_into_id)
    before = request.GET.get("before", "")
    if request.htmx and before:
        past = stories.past(request.member, found, before=before)
        return show(request, "home/past.html", {"customer": found, "past": past})
    story = stories.story(request.member, found, before=before, now=timezone.now())
    context = {
        "customer": found,
        "story": story,
        "past": story.past,
        "before": before,
        "may_undo": request.member.may(Role.CONTRIBUTOR),
        "may_privacy": request.member.has_right("privacy"),
        "standing": consents.standing(found),
        "open_area": "customers",
        "open_page": "customers:index",
    }
    return show(request, "home/customer.html", context)


@require_POST
@access.member("contributor")
def undo_merge(request, merge_id: int):
    """Part two profiles that were found to be one person."""
    merge = get_object_or_404(Merge.objects.visible_to(request.member), pk=merge_id)
    signals.undo_merge(merge, by=request.user, now=timezone.now())
    messages.success(request, f"{merge.merged} is a customer of their own again.")
    return redirect("home:customer", request.workspace.slug, merge.kept_id)


@require_GET
@access.member("viewer")
def search(request):
    """Journeys, customers, metrics and pages by name; the palette gets only the answers."""
    form = forms.Search(request.GET)
    words = form.cleaned_data["q"] if form.is_valid() else ""
    context = {"words": words, "found": searches.search(request.member, words)}
    template = "home/hits.html" if request.htmx else "home/search.html"
    return show(request, template, context)
