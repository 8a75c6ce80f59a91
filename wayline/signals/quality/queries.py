from collections import Counter
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from wayline.accounts.models import Membership
from wayline.signals.models import Term

from . import words
from .models import Finding

VIEWS = ("open", "acknowledged", "muted", "ended")


def findings(member: Membership, view: str = "open") -> QuerySet[Finding]:
    """What was noticed, the latest first: open, acknowledged, muted or ended."""
    found = Finding.objects.visible_to(member).select_related("decided_by")
    if view == "ended":
        return found.filter(ended_at__isnull=False)
    return found.standing().filter(state=view if view in VIEWS else Finding.State.OPEN)


def open_by_name(member: Membership) -> Counter[tuple[str, str]]:
    """How many open findings each name has."""
    return Counter(Finding.objects.visible_to(member).open().values_list("kind", "name"))


@dataclass(frozen=True)
class Shown:
    """A finding with its words, and where its name is."""

    finding: Finding
    sentence: str
    advice: str
    term: Term | None
    true_name: str

    @property
    def tone(self) -> str:
        return "bad" if self.finding.what in {"silence", "stream"} else "warn"


def shown(member: Membership, found: list[Finding]) -> list[Shown]:
    """The findings as a page shows them."""
    named = Q(pk=None)
    for each in found:
        named |= Q(kind=each.kind, name=each.name)
    terms = {(term.kind, term.name): term for term in Term.objects.visible_to(member).filter(named)}
    return [
        Shown(
            each,
            words.sentence(each),
            words.advice(each),
            terms.get((each.kind, each.name)),
            each.detail.get("like", ""),
        )
        for each in found
    ]


def of_name(member: Membership, term: Term) -> list[Shown]:
    """What stands about this name and nobody has muted."""
    standing = Finding.objects.visible_to(member).standing().exclude(state=Finding.State.MUTED)
    return shown(member, list(standing.filter(kind=term.kind, name=term.name)))
