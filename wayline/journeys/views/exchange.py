from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_GET, require_http_methods

from wayline.accounts import access
from wayline.journeys import operations, queries
from wayline.journeys.exchange import (
    document,
    drawing,
    picture,
    printing,
    slides,
    spreadsheets,
    tables,
    uploads,
)
from wayline.journeys.models import MapDraft
from wayline.journeys.views.find import journey_of
from wayline.kit.refusals import Refusal
from wayline.metrics import flows

SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SLIDES = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
FORMATS = {
    "yaml": (
        "YAML",
        "application/yaml",
        document.as_yaml,
        "The whole map, to keep in a repository and import again",
    ),
    "json": ("JSON", "application/json", document.as_json, "The same for programs"),
    "csv": ("CSV", "text/csv; charset=utf-8", tables.as_csv, "The map as a table"),
    "xlsx": ("Excel", SHEET, tables.as_xlsx, "The map as a workbook"),
    "pptx": ("PowerPoint", SLIDES, slides.as_pptx, "Slides whose tables can be edited"),
    "pdf": ("PDF", "application/pdf", printing.as_pdf, "To print, A3 landscape"),
    "png": ("PNG", "image/png", printing.as_png, "One picture; needs Chromium on the server"),
}


DRAWN = {"pptx", "pdf", "png"}  # they show the emotion curve, with what was measured


@require_GET
@access.member("viewer")
def exports(request, journey_id):
    """Every format a map can be taken out in."""
    journey = journey_of(request, journey_id)
    offered = [(name, label, says) for name, (label, _, _, says) in FORMATS.items()]
    context = {"journey": journey, "formats": offered, "has_browser": bool(printing.browser())}
    return render(request, "journeys/exchange/exports.html", context)


@require_GET
@access.member("viewer")
def export(request, journey_id, format):
    """The map as a file."""
    journey = journey_of(request, journey_id)
    if format not in FORMATS:
        raise Http404
    _, kind, written, _ = FORMATS[format]
    drawn = drawing.document_of(journey, whole=True)
    content = written(drawn, _numbers(journey)) if format in DRAWN else written(drawn)
    name = f"{slugify(journey.title) or 'journey'}.{format}"
    return HttpResponse(
        content,
        content_type=kind,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _numbers(journey) -> picture.Numbers:
    """What was measured at each step, read as the journey is read by itself."""
    reading = queries.usual_reading(journey, now=timezone.now())
    answer = flows.flow(queries.asked(journey, reading), words=0)
    days = f"{reading.period.start:%-d %b %Y} to {reading.last_day:%-d %b %Y}"
    return picture.Numbers.of(answer.steps, f"Measured {days}")


@require_http_methods(["GET", "POST"])
@access.member("contributor")
def upload(request):
    """Choose a file that becomes a map."""
    refused = ""
    if request.method == "POST":
        file = request.FILES.get("file")
        try:
            if file is None:
                raise document.MapNotUnderstood("Choose a file first.")
            if file.size > document.MOST_WITH_PICTURES:
                most = document.MOST_WITH_PICTURES // 1_000_000
                raise document.MapNotUnderstood(f"The file is larger than {most} MB, which no map is.")
            drafts = operations.draft_maps(
                request.workspace, content=file.read(), name=file.name, by=request.user, now=timezone.now()
            )
        except Refusal as refusal:
            refused = str(refusal)
        else:
            return redirect("journeys:draft", request.workspace.slug, drafts[0].pk)
    context = {"refused": refused}
    return render(request, "journeys/exchange/upload.html", context, status=422 if refused else 200)


@require_http_methods(["GET", "POST"])
@access.member("contributor")
def draft(request, draft_id):
    """What the file would become: say what its rows mean, look, draw it."""
    found = get_object_or_404(MapDraft.objects.visible_to(request.member), pk=draft_id)
    sheet = uploads.sheet_of(found)
    others = MapDraft.objects.of_the_same_file(found)
    known = dict(spreadsheets.ROLES)
    roles = {
        name.removeprefix("role-"): value
        for name, value in request.POST.items()
        if name.startswith("role-") and value in known and name.removeprefix("role-").isdecimal()
    }
    title = request.POST.get("title", "").strip()
    drawn, unplaced, refused = None, (), ""
    try:
        drawn, unplaced = uploads.placed(found, roles, title=title)
        if "draw" in request.POST:
            journey = operations.draw_draft(found, drawn, by=request.user, now=timezone.now())
            messages.success(request, f"“{journey}” is drawn.")
            if following := others.exclude(pk=draft_id).first():
                return redirect("journeys:draft", request.workspace.slug, following.pk)
            return redirect("journeys:map", request.workspace.slug, journey.pk)
    except Refusal as refusal:
        refused = str(refusal)
    meant = (sheet.guess | roles) if sheet else {}
    context = {
        "draft": found,
        "sheet": sheet,
        "rows": [(*row, meant[row[0]]) for row in sheet.examples] if sheet else (),
        "roles": spreadsheets.ROLES,
        "drawn": drawn,
        "unplaced": unplaced,
        "others": others,
        "table": list(tables.table(drawn).lines()) if drawn else (),
        "title": title or (drawn.title if drawn else ""),
        "refused": refused,
    }
    return render(request, "journeys/exchange/draft.html", context, status=422 if refused else 200)
