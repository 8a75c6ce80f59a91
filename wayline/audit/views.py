from django.core.paginator import Paginator
from django.utils.module_loading import import_string
from django.views.decorators.http import require_GET

from wayline.kit import sheets
from wayline.kit.pages import show

from . import forms, queries

# By name, because accounts lies above audit and records its own deeds here; docs/decisions/0080.
member = import_string("wayline.accounts.access.member")

PAGE = 50
COLUMNS = ["at", "by", "activity", "sentence", "subject kind", "subject", "details"]


@member("viewer")
@require_GET
def activities(request):
    form = forms.FilterForm(request.GET or None, member=request.member)
    found = queries.activities(request.member, form.filters)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    rows = [(activity, queries.sentence(activity)) for activity in page]
    asked = request.GET.copy()
    asked.pop("page", None)
    context = {"form": form, "page": page, "rows": rows, "asked": asked.urlencode()}
    return show(request, "audit/activities.html", context, fragment="found")


@member("manager")
@require_GET
def export(request):
    """The same list, whole, as CSV."""
    form = forms.FilterForm(request.GET or None, member=request.member)
    found = queries.activities(request.member, form.filters)
    rows = _rows(found.iterator(chunk_size=2000))
    return sheets.download(rows, name=f"activities-{request.workspace.slug}.csv")


def _rows(found):
    yield COLUMNS
    for activity in found:
        yield [
            activity.at,
            activity.by_name,
            activity.name,
            queries.sentence(activity),
            activity.subject_kind,
            activity.subject_label,
            str(activity.details or ""),
        ]
