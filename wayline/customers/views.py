import csv
from collections.abc import Iterator

from django.http import StreamingHttpResponse

from wayline.accounts import access
from wayline.kit.lists import listing
from wayline.kit.pages import show

from . import queries, segments

SORTS = {"name": "name", "seen": "last_seen_at", "known": "first_seen_at"}
COLUMNS = ("id", "name", "email", "phone", "first_seen_at", "last_seen_at")
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@access.member("viewer")
def index(request):
    filters = {
        "q": queries.found_by,
        "segment": lambda rows, segment: queries.in_segment(request.member, rows, segment),
    }
    found = listing(
        request, queries.customers(request.member), filters=filters, sorts=SORTS, default_sort="-seen"
    )
    context = {
        "list": found,
        "segments": segments.provider().choices(request.member),
        "may_export": request.member.may("manager"),
        "has_any": bool(found.page.object_list) or queries.customers(request.member).exists(),
    }
    return show(request, "customers/index.html", context, fragment="found")


@access.member("manager")
def export(request):
    rows = queries.customers(request.member)
    if request.GET.get("q"):
        rows = queries.found_by(rows, request.GET["q"])
    if request.GET.get("segment"):
        rows = queries.in_segment(request.member, rows, request.GET["segment"])
    return StreamingHttpResponse(
        _lines(rows.values_list(*COLUMNS)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="customers.csv"'},
    )


class _Line:
    """A file that hands each line back instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def _lines(rows) -> Iterator[str]:
    writer = csv.writer(_Line(), quoting=csv.QUOTE_ALL)
    yield writer.writerow(COLUMNS)
    for row in rows.iterator(2_000):
        yield writer.writerow([cell(value) for value in row])


def cell(value) -> str:
    """The value as text that no spreadsheet takes for a formula."""
    text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    return f"'{text}" if text.startswith(FORMULAS) else text
