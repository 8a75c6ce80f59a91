from django.db.models import Count, Q, QuerySet

from wayline.accounts.models import Membership
from wayline.customers.models import Company, Customer


def companies(member: Membership) -> QuerySet[Company]:
    """The companies of the workspace, each with how many customers belong to it."""
    count = Count("members__customer", distinct=True)
    return Company.objects.visible_to(member).annotate(n_members=count).order_by("-n_members", "name", "pk")


def found_by(rows: QuerySet[Company], text: str) -> QuerySet[Company]:
    """Those whose name holds the text, or whose id begins with it."""
    text = text.strip().replace("\0", "")
    return rows.filter(Q(name__icontains=text) | Q(external_id__startswith=text))


def members_of(company: Company) -> QuerySet[Customer]:
    """The customers of the company, last seen first; one who was merged counts once."""
    return Customer.objects.filter(memberships__company=company).distinct().order_by("-last_seen_at", "-pk")
