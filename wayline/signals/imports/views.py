from itertools import chain

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wayline.accounts.access import member
from wayline.kit import sheets
from wayline.kit.pages import show
from wayline.kit.refusals import Refusal

from . import forms, queries
from . import plan as plans
from . import run as runs
from .mapping import MappingNotUnderstood
from .models import Import

CHECKED_UNASKED_BYTES = 30_000_000  # larger files are looked at when somebody asks
CHECKED_SECONDS = 4.0
SHOWN_REFUSED = 20
SHOWN_ROWS = 4


@member("viewer")
@require_GET
def imports(request):
    found = Import.objects.visible_to(request.member).select_related("created_by")
    context = {"page": Paginator(found, 30).get_page(request.GET.get("page"))}
    return show(request, "signals/imports/index.html", context)


@member("contributor")
@require_http_methods(["GET", "POST"])
def import_new(request):
    form = forms.UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        main, beside = form.cleaned_data["file"], form.cleaned_data["beside"]
        try:
            run = runs.store(
                request.workspace,
                file=main,
                name=main.name,
                beside=[(one.name, one) for one in beside],
                by=request.user,
                now=timezone.now(),
            )
        except Refusal as reason:
            form.add_error("file", str(reason))
        else:
            _suggest(request, run)
            return redirect("signals:import", request.workspace.slug, run.pk)
    return show(request, "signals/imports/new.html", {"form": form}, status=422 if form.errors else 200)


def _suggest(request, run: Import) -> None:
    try:
        runs.keep_mapping(run, mapping=queries.suggestion(run))
    except Refusal as reason:
        messages.error(request, str(reason))


@member("viewer")
@require_GET
def import_(request, import_id: int):
    run = _found(request, import_id)
    if run.state == Import.State.DRAFT:
        is_small = run.size <= CHECKED_UNASKED_BYTES
        return _show_draft(request, run, run.mapping, check=bool(run.mapping) and is_small)
    return _show_result(request, run)


@member("contributor")
@require_POST
def check_import(request, import_id: int):
    run = _found(request, import_id)
    form = forms.MappingForm(request.POST)
    if not form.is_valid():
        return _show_draft(request, run, request.POST.get("mapping", ""), form=form, status=422)
    runs.keep_mapping(run, mapping=form.cleaned_data["mapping"])
    return _show_draft(request, run, run.mapping, check=True)


@member("contributor")
@require_POST
def start_import(request, import_id: int):
    run = _found(request, import_id)
    text = request.POST.get("mapping", run.mapping)
    try:
        runs.keep_mapping(run, mapping=text)
        runs.begin(run, mapping=text, by=request.user, now=timezone.now())
    except (MappingNotUnderstood, plans.readers.FileNotReadable) as reason:
        return _show_draft(request, run, text, problems=_problems(reason), status=422)
    return redirect("signals:import", request.workspace.slug, run.pk)


@member("contributor")
@require_POST
def undo_import(request, import_id: int):
    run = runs.undo(_found(request, import_id), by=request.user, now=timezone.now())
    messages.success(request, f"{run.file_name}: what it brought was taken out again.")
    return redirect("signals:import", request.workspace.slug, run.pk)


@member("contributor")
@require_POST
def retry_import(request, import_id: int):
    run = runs.retry(_found(request, import_id), by=request.user, now=timezone.now())
    return redirect("signals:import", request.workspace.slug, run.pk)


@member("contributor")
@require_POST
def discard_import(request, import_id: int):
    run = _found(request, import_id)
    runs.discard(run)
    messages.success(request, f"{run.file_name} was thrown away; nothing of it had been imported.")
    return redirect("signals:imports", request.workspace.slug)


@member("contributor")
@require_GET
def refused_rows(request, import_id: int):
    """The refused rows as CSV, with their lines and reasons in front."""
    run = _found(request, import_id)
    refused = ([one.line, one.reason, *one.raw] for one in run.refusals.iterator(chunk_size=2000))
    rows = chain([["line", "reason", *queries.columns_of(run)]], refused)
    return sheets.download(rows, name=f"refused-rows-{run.pk}.csv", as_given=True)


def _found(request, import_id: int) -> Import:
    visible = Import.objects.visible_to(request.member).select_related("workspace", "created_by", "undone_by")
    return get_object_or_404(visible, pk=import_id)


def _problems(reason: Refusal) -> list[str]:
    return reason.problems if isinstance(reason, MappingNotUnderstood) else [str(reason)]


def _show_draft(request, run, text, *, check=False, problems=(), form=None, status=200):
    preview = None
    if check:
        try:
            plan = runs.plan_of(run, text, is_counted=False)
            preview = plans.preview(plan, rows=SHOWN_ROWS, seconds=CHECKED_SECONDS, refused=SHOWN_REFUSED)
        except (MappingNotUnderstood, plans.readers.FileNotReadable) as reason:
            problems, status = _problems(reason), 200 if request.method == "GET" else 422
    context = {
        "run": run,
        "form": form or forms.MappingForm(initial={"mapping": text}),
        "problems": problems,
        "preview": preview,
        "has_been_checked": check or bool(problems),
        "earlier": queries.same_file(run),
    }
    return show(request, "signals/imports/draft.html", context, fragment="check", status=status)


def _show_result(request, run):
    context = {"run": run, "refused": run.refusals.all()[:SHOWN_REFUSED], "columns": queries.columns_of(run)}
    return show(request, "signals/imports/result.html", context, fragment="progress")
