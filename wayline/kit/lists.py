"""List pages: filter, sort and page a queryset by the query string, the same way everywhere."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

PER_PAGE = 50

Filter = Callable[[QuerySet, str], QuerySet]


@dataclass(frozen=True)
class Listing:
    """One page of a list; `chosen` holds the filters in force, `sort` the order in force."""

    page: Page
    chosen: dict[str, str]
    sort: str

    @property
    def is_filtered(self) -> bool:
        return bool(self.chosen)


def listing(
    request: HttpRequest,
    rows: QuerySet,
    *,
    filters: Mapping[str, Filter] | None = None,
    sorts: Mapping[str, str] | None = None,
    default_sort: str = "",
    per_page: int = PER_PAGE,
) -> Listing:
    """Apply what the query string asks for; unknown words change nothing, a page too far is the last.

    `sorts` maps the word in `?sort=` (with a minus for descending) to a model field. Ties are always broken
    by the primary key, so no row is shown twice or skipped while paging.
    """
    chosen = {}
    for name, narrow in (filters or {}).items():
        value = request.GET.get(name, "").strip()
        if value:
            chosen[name] = value
            rows = narrow(rows, value)
    sort = _known_sort(request.GET.get("sort", ""), sorts or {}) or default_sort
    if sort and sorts:
        rows = rows.order_by(_order(sort, sorts), "pk")
    else:
        rows = rows.order_by(*(rows.query.order_by or rows.query.get_meta().ordering), "pk")
    page = Paginator(rows, per_page).get_page(request.GET.get("page"))
    return Listing(page=page, chosen=chosen, sort=sort)


def _known_sort(word: str, sorts: Mapping[str, str]) -> str:
    return word if word.removeprefix("-") in sorts else ""


def _order(sort: str, sorts: Mapping[str, str]) -> str:
    field = sorts[sort.removeprefix("-")]
    if not sort.startswith("-"):
        return field
    return field.removeprefix("-") if field.startswith("-") else f"-{field}"
