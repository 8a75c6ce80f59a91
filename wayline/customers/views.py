from itertools import chain

from django.views.decorators.http import require_GET

from wayline.accounts import access
from wayline.kit import sheets
from wayline.kit.lists import listing
from wayline.kit.pages import show

from . import queries, segments

SORTS = {"name": "name", "seen": "last_seen_at", "known": "first_seen_at"}
COLUMNS = ("id", "name", "email", "phone", "first_seen_at", "last_seen_at")


@access.member("viewer")
@require_GET
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
@require_GET
def export(request):
    rows = queries.customers(request.member)
    if request.GET.get("q"):
        rows = queries.found_by(rows, request.GET["q"])
    if request.GET.get("segment"):
        rows = queries.in_segment(request.member, rows, request.GET["segment"])
    found = rows.values_list(*COLUMNS).iterator(2_000)
    return sheets.download(chain([COLUMNS], found), name="customers.csv")
