from django.contrib import messages
from django.http import FileResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wayline.accounts import access
from wayline.exports.models import Schedule, ScheduledFile
from wayline.kit.pages import show
from wayline.kit.refusals import Refusal

from . import operations
from .forms import ScheduleForm

SHOWN = 50


@access.member("manager")
@require_GET
def schedules(request):
    return _show(request, ScheduleForm(member=request.member))


@access.member("manager")
@require_POST
def create_schedule(request):
    form = ScheduleForm(request.POST, member=request.member)
    if not form.is_valid():
        return _show(request, form, status=422)
    try:
        operations.create_schedule(
            request.workspace, **form.asked(), member=request.member, by=request.user, now=timezone.now()
        )
    except Refusal as no:
        form.add_error("what", str(no))
        return _show(request, form, status=no.status)
    messages.success(request, "The schedule stands. Run it now to see its first file.")
    return redirect("exports:schedules", request.workspace.slug)


@access.member("manager")
@require_http_methods(["GET", "POST"])
def change_schedule(request, schedule_id: int):
    found = _schedule(request, schedule_id)
    if found.deleted_at is not None:
        raise operations.ScheduleGone("This schedule is deleted. Bring it back first.")
    form = ScheduleForm(request.POST or None, member=request.member, schedule=found)
    if request.method == "GET":
        return _show_one(request, found, form)
    if not form.is_valid():
        return _show_one(request, found, form, status=422)
    try:
        operations.change_schedule(
            found, **form.asked(), member=request.member, by=request.user, now=timezone.now()
        )
    except Refusal as no:
        form.add_error("what", str(no))
        return _show_one(request, found, form, status=no.status)
    messages.success(request, f"“{found.name}” was changed. Run it now to see what it writes.")
    return redirect("exports:schedules", request.workspace.slug)


@access.member("manager")
@require_POST
def run_schedule(request, schedule_id: int):
    operations.run_schedule(_schedule(request, schedule_id), by=request.user, now=timezone.now())
    messages.success(request, "The file is being written. It appears below.")
    return redirect("exports:schedules", request.workspace.slug)


@access.member("manager")
@require_POST
def pause_schedule(request, schedule_id: int):
    operations.pause_schedule(_schedule(request, schedule_id), by=request.user, now=timezone.now())
    return redirect("exports:schedules", request.workspace.slug)


@access.member("manager")
@require_POST
def resume_schedule(request, schedule_id: int):
    operations.resume_schedule(_schedule(request, schedule_id), by=request.user, now=timezone.now())
    return redirect("exports:schedules", request.workspace.slug)


@access.member("manager")
@require_POST
def delete_schedule(request, schedule_id: int):
    operations.delete_schedule(_schedule(request, schedule_id), by=request.user, now=timezone.now())
    messages.success(request, "The schedule was deleted. It can be brought back below.")
    return redirect("exports:schedules", request.workspace.slug)


@access.member("manager")
@require_POST
def restore_schedule(request, schedule_id: int):
    operations.restore_schedule(_schedule(request, schedule_id), by=request.user, now=timezone.now())
    return redirect("exports:schedules", request.workspace.slug)


@access.member("manager")
@never_cache
@require_GET
def download_file(request, scheduled_file_id: int):
    found = _file(request, scheduled_file_id)
    path = operations.download(found, member=request.member, by=request.user, now=timezone.now())
    name = f"{slugify(found.schedule.name) or 'table'}-{found.last_on}.csv"
    return FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type="text/csv")


@access.member("manager")
@require_POST
def retry_file(request, scheduled_file_id: int):
    operations.retry(_file(request, scheduled_file_id), by=request.user, now=timezone.now())
    return redirect("exports:schedules", request.workspace.slug)


def _schedule(request, schedule_id: int) -> Schedule:
    return get_object_or_404(Schedule.objects.visible_to(request.member), pk=schedule_id)


def _file(request, scheduled_file_id: int) -> ScheduledFile:
    rows = ScheduledFile.objects.visible_to(request.member).select_related("schedule")
    return get_object_or_404(rows, pk=scheduled_file_id)


def _show_one(request, schedule: Schedule, form, status: int = 200):
    context = {
        "schedule": schedule,
        "form": form,
        "will_mask": schedule.is_clear and not request.member.has_right("privacy"),
        "tab": "files",
    }
    return show(request, "exports/schedule.html", context, status=status)


def _show(request, form, status: int = 200):
    every = Schedule.objects.visible_to(request.member).select_related("created_by")
    files = ScheduledFile.objects.visible_to(request.member).select_related("schedule")[:SHOWN]
    context = {
        "form": form,
        "schedules": every.filter(deleted_at=None),
        "deleted": every.exclude(deleted_at=None).order_by("-deleted_at")[:5],
        "files": files,
        "is_being_written": any(each.is_open for each in files),
        "may_clear": request.member.has_right("privacy"),
        "now": timezone.now(),
        "tab": "files",
    }
    return show(request, "exports/schedules.html", context, fragment="written", status=status)
