"""What group calls tell: which companies there are, and who belongs to them."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Min

from wayline.customers import told
from wayline.customers.models import Company, Customer, Member

GROUP = "group."
ID, NAME = "group.id", "group.name"
LONGEST_ID, LONGEST_NAME, MANY_TRAITS = 320, 300, 200


@transaction.atomic
def tell(facts: Sequence[tuple[Customer, dict]], *, source: str) -> None:
    """Remember the companies that these facts about customers name, and that the customers belong to them."""
    named = [(person, traits) for person, traits in facts if _id_of(traits)]
    if not named:
        return
    workspace = named[0][0].workspace_id
    companies = _companies(workspace, named)
    for person, traits in named:
        company = companies[_id_of(traits)]
        said = {
            name.removeprefix(GROUP): value
            for name, value in traits.items()
            if name.startswith(GROUP) and name not in {ID, NAME}
        }
        company.traits = {name: value for name, value in (company.traits | said).items() if value is not None}
        company.traits = dict(list(company.traits.items())[:MANY_TRAITS])
        company.name = str(traits.get(NAME) or company.name)[:LONGEST_NAME]
        company.first_seen_at = min(company.first_seen_at, person.first_seen_at)
        company.last_seen_at = max(company.last_seen_at, person.last_seen_at)
    Company.objects.bulk_update(companies.values(), ["traits", "name", "first_seen_at", "last_seen_at"], 500)
    _let_join(companies, named, source if told.is_kept(source) else "")


def _id_of(traits: dict) -> str:
    return str(traits.get(ID) or "").strip()[:LONGEST_ID]


def _companies(workspace: int, named: Sequence[tuple[Customer, dict]]) -> dict[str, Company]:
    seen: dict[str, Customer] = {}
    for person, traits in named:
        seen.setdefault(_id_of(traits), person)
    Company.objects.bulk_create(
        [
            Company(
                workspace_id=workspace,
                external_id=id,
                first_seen_at=person.first_seen_at,
                last_seen_at=person.last_seen_at,
            )
            for id, person in seen.items()
        ],
        500,
        ignore_conflicts=True,
    )
    found = Company.objects.filter(workspace=workspace, external_id__in=list(seen))
    return {company.external_id: company for company in found}


def _let_join(companies: dict[str, Company], named: Sequence[tuple[Customer, dict]], source: str) -> None:
    pairs = {(companies[_id_of(traits)].pk, person.pk): person for person, traits in named}
    people = {customer for _, customer in pairs}
    there = Member.objects.filter(company__in={company for company, _ in pairs}, customer__in=people)
    for member in there:
        if pairs.pop((member.company_id, member.customer_id), None) is not None and member.source != source:
            Member.objects.filter(pk=member.pk).update(source="")  # an import is no longer alone in saying so
    Member.objects.bulk_create(
        [
            Member(
                company_id=company, profile=person, customer=person, since=person.first_seen_at, source=source
            )
            for (company, _), person in pairs.items()
        ],
        500,
        ignore_conflicts=True,
    )


def take_back(workspace_id: int, *, source: str) -> set[int]:
    """Let the members that only an import told of leave; a company that nobody belongs to any more goes."""
    mine = Member.objects.filter(company__workspace=workspace_id, source=source)
    touched = set(mine.values_list("company", flat=True))
    people = set(mine.values_list("customer", flat=True))
    mine.delete()
    Company.objects.filter(pk__in=touched, members=None).delete()
    return people


def since(company: Company) -> datetime:
    """When the first of its members was first heard of."""
    first = company.members.aggregate(first=Min("since"))["first"]
    return first or company.first_seen_at
