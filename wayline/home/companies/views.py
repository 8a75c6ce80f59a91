from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_GET

from wayline.accounts import access
from wayline.customers.companies import queries as known
from wayline.customers.models import Company
from wayline.kit.lists import listing
from wayline.kit.pages import show

from . import queries

OPEN = {"open_area": "customers", "open_page": "customers:index"}
SORTS = {"name": "name", "members": "n_members", "seen": "last_seen_at"}


@require_GET
@access.member("viewer")
def companies(request):
    rows = known.companies(request.member)
    found = listing(request, rows, filters={"q": known.found_by}, sorts=SORTS, default_sort="-members")
    context = {"list": found, "has_any": bool(found.page.object_list) or rows.exists(), **OPEN}
    return show(request, "home/companies.html", context, fragment="found")


@require_GET
@access.member("viewer")
def company(request, company_id: int):
    """One company: who belongs to it, and what they experienced together."""
    found = get_object_or_404(Company.objects.visible_to(request.member), pk=company_id)
    members = Paginator(known.members_of(found), 50).get_page(request.GET.get("page"))
    context = {
        "company": found,
        "members": members,
        "scores": queries.roll_up(request.member, found, now=timezone.now()),
        "days": queries.DAYS,
        "traits": sorted((name.replace("_", " "), value) for name, value in found.traits.items()),
        **OPEN,
    }
    return show(request, "home/company.html", context)
