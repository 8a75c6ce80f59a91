from django.contrib import messages
from django.http import FileResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from wayline.accounts import access
from wayline.kit.pages import show
from wayline.kit.refusals import Refusal

from . import forms
from .models import Arrival, Export
from .whole import bringing, operations
from .whole.fields import LEFT_OUT

SHOWN = 20


@access.member("contributor")
@require_GET
def start(request):
    """The first of the area's pages that this member may open."""
    page = "schedules" if request.member.may("manager") else "ask"
    return redirect(f"exports:{page}", request.workspace.slug)


@access.member("owner")
@require_GET
def exports(request):
    found = list(Export.objects.visible_to(request.member).select_related("asked_by")[:SHOWN])
    context = {
        "exports": found,
        "is_being_made": any(each.is_open for each in found),
        "days": operations.KEPT_DAYS,
        "left_out": len(LEFT_OUT),
        "now": timezone.now(),
        "tab": "exports",
    }
    return show(request, "exports/index.html", context, fragment="files")


@access.member("owner")
@require_POST
def make_export(request):
    operations.ask_export(request.workspace, by=request.user, now=timezone.now())
    messages.success(request, "The export is being made. It appears below when it is ready.")
    return redirect("exports:exports", request.workspace.slug)


@access.member("owner")
@never_cache
@require_GET
def download_export(request, whole_export_id: int):
    found = _export(request, whole_export_id)
    path = operations.download(found, by=request.user, now=timezone.now())
    name = f"{request.workspace.slug}-{found.asked_at:%Y-%m-%d}.zip"
    return FileResponse(path.open("rb"), as_attachment=True, filename=name)


@access.member("owner")
@require_POST
def remove_export(request, whole_export_id: int):
    operations.remove_export(_export(request, whole_export_id), by=request.user, now=timezone.now())
    messages.success(request, "The file was removed.")
    return redirect("exports:exports", request.workspace.slug)


@access.member("owner")
@require_GET
def arrivals(request):
    return _show_arrivals(request, forms.ArrivalForm())


@access.member("owner")
@require_POST
def upload_arrival(request):
    form = forms.ArrivalForm(request.POST, request.FILES)
    if not form.is_valid():
        return _show_arrivals(request, form, status=422)
    file = form.cleaned_data["file"]
    try:
        operations.ask_arrival(
            request.workspace, file=file, size=file.size, by=request.user, now=timezone.now()
        )
    except Refusal as no:
        form.add_error("file", str(no))
        return _show_arrivals(request, form, status=no.status)
    messages.success(request, "The file is here. It is checked first, then put into the workspace.")
    return redirect("exports:arrivals", request.workspace.slug)


def _export(request, whole_export_id: int) -> Export:
    return get_object_or_404(Export.objects.visible_to(request.member), pk=whole_export_id)


def _show_arrivals(request, form, status: int = 200):
    found = list(Arrival.objects.visible_to(request.member).select_related("asked_by")[:SHOWN])
    try:
        bringing.refuse_unless_empty(request.workspace)
        in_the_way = ""
    except Refusal as no:
        in_the_way = str(no)
    context = {
        "form": form,
        "arrivals": found,
        "in_the_way": in_the_way,
        "is_arriving": any(each.is_open for each in found),
        "tab": "arrivals",
    }
    return show(request, "exports/arrivals.html", context, fragment="arrived", status=status)
