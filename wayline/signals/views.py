from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from wayline.accounts import access
from wayline.customers.models import Merge
from wayline.kit.pages import show

from . import forms, operations, queries
from .models import Segment
from .segments import condition_of


@access.member("viewer")
@require_GET
def segments(request):
    return show(request, "signals/segments.html", {"segments": queries.segments(request.member)})


@access.member("contributor")
def segment_new(request):
    form = forms.SegmentForm(request.POST or None, sources=queries.tellers(request.member))
    if request.method == "POST" and form.is_valid():
        operations.create_segment(request.workspace, **form.values, by=request.user, now=timezone.now())
        return redirect(_next(request) or reverse("signals:segments", args=[request.workspace.slug]))
    return _show_builder(request, form, None)


@access.member("contributor")
def segment(request, segment_id):
    found = get_object_or_404(Segment.objects.visible_to(request.member), pk=segment_id)
    try:
        form = forms.SegmentForm(
            request.POST or None,
            sources=queries.tellers(request.member),
            name=found.name,
            condition=condition_of(found),
        )
    except forms.TooRich:
        return show(request, "signals/segment_rich.html", {"segment": found})
    if request.method == "POST" and form.is_valid():
        operations.change_segment(found, **form.values, by=request.user, now=timezone.now())
        return redirect("signals:segments", request.workspace.slug)
    return _show_builder(request, form, found)


def _next(request) -> str:
    """Where the person came from, when it is a page of ours."""
    back = request.POST.get("next") or request.GET.get("next", "")
    return back if url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure()) else ""


def _show_builder(request, form, segment):
    context = {
        "form": form,
        "segment": segment,
        "names": queries.names(request.member)[:500],
        "properties": queries.property_names(request.member),
        "traits": queries.trait_names(request.member),
        "next": _next(request),
        "is_bound": request.method == "POST",
    }
    return show(request, "signals/segment.html", context, status=422 if request.method == "POST" else 200)


@access.member("contributor")
@require_POST
def segment_delete(request, segment_id):
    found = get_object_or_404(Segment.objects.visible_to(request.member), pk=segment_id)
    operations.delete_segment(found, by=request.user, now=timezone.now())
    return redirect("signals:segments", request.workspace.slug)


@access.member("contributor")
@require_POST
def undo_merge(request, merge_id):
    merge = get_object_or_404(Merge.objects.visible_to(request.member), pk=merge_id)
    operations.undo_merge(merge, by=request.user, now=timezone.now())
    return redirect(_next(request) or reverse("customers:index", args=[request.workspace.slug]))
