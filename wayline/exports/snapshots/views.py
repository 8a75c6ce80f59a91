from itertools import islice

from django.contrib import messages
from django.http import FileResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wayline.accounts import access
from wayline.kit import sheets
from wayline.kit.pages import show
from wayline.kit.refusals import Refusal

from . import asking, contents
from .examples import EXAMPLES
from .forms import SECONDS, SHOWN_ROWS, SqlForm
from .values import as_table


@access.member("contributor")
@never_cache
@require_http_methods(["GET", "POST"])
def ask(request):
    if request.method == "GET":
        example = request.GET.get("example", "")
        chosen = EXAMPLES[int(example)] if example.isdecimal() and int(example) < len(EXAMPLES) else None
        return _show(request, SqlForm(member=request.member, initial={"sql": chosen[1]} if chosen else None))
    form = SqlForm(request.POST, member=request.member)
    answered = _answered(request, form, rows=SHOWN_ROWS)
    return _show(request, form, answered, status=200 if answered else 422)


@access.member("contributor")
@never_cache
@require_POST
def download_answer(request):
    form = SqlForm(request.POST, member=request.member)
    answered = _answered(request, form, rows=asking.MOST_ROWS)
    if answered is None:
        return _show(request, form, status=422)
    name = f"{request.workspace.slug}-{answered.as_of:%Y-%m-%d-%H%M}.csv"
    return sheets.download(as_table(answered.rows), name=name)


@access.member("contributor")
@never_cache
@require_GET
def download_snapshot(request):
    now = timezone.now()
    path = asking.snapshot(request.workspace, is_masked=True, member=request.member, by=request.user, now=now)
    name = f"{request.workspace.slug}-{now:%Y-%m-%d}.duckdb"
    return FileResponse(path.open("rb"), as_attachment=True, filename=name)


@access.member("contributor")
@require_POST
def write_snapshot(request):
    asking.write_anew(request.workspace, by=request.user, now=timezone.now())
    messages.success(request, "The snapshot was written anew.")
    return redirect("exports:ask", request.workspace.slug)


def _answered(request, form, *, rows: int) -> asking.Answered | None:
    """The answer, or none with the reason beside the question."""
    if not form.is_valid():
        return None
    try:
        return asking.ask(
            request.workspace,
            sql=form.cleaned_data["sql"],
            rows=rows,
            seconds=SECONDS,
            is_masked=not form.cleaned_data.get("is_clear"),
            member=request.member,
            by=request.user,
            now=timezone.now(),
        )
    except Refusal as no:
        form.add_error("sql", str(no))
        return None


def _show(request, form, answered: asking.Answered | None = None, status: int = 200):
    table = as_table(answered.rows) if answered else iter(())
    context = {
        "form": form,
        "answered": answered,
        "columns": next(table, ()),
        "rows": list(islice(table, SHOWN_ROWS)),
        "written_at": asking.masked_as_of(request.workspace),
        "shapes": contents.TABLES,
        "views": contents.VIEWS,
        "most_rows": asking.MOST_ROWS,
        "examples": [(number, name) for number, (name, _) in enumerate(EXAMPLES)],
        "tab": "sql",
    }
    return show(request, "exports/sql.html", context, status=status)
