"""Everything done to a map and its parts, in words, like the log of a repository."""

from dataclasses import dataclass

from django.db.models import Q
from django.urls import reverse

from wayline.accounts.models import Membership
from wayline.audit import registry
from wayline.audit.models import Activity
from wayline.journeys.hidden_activities import PATHS, about
from wayline.journeys.models import Card, Comment, Journey, Placement, Thread, Version

ON_A_PAGE = 60
# What is said about a map is on its own page.
BESIDE = (Thread, Comment)
NAMES = {
    "is_required": ("required", "optional"),
    "is_repeatable": ("repeatable", "not repeatable"),
    "is_moment": ("a moment that matters", "no moment that matters"),
    "is_fail_point": ("a fail point", "no fail point"),
    "is_hidden": ("hidden", "shown"),
}


@dataclass(frozen=True)
class Done:
    """One activity in words; `more` says what it changed, `address` leads to the version it made."""

    said: str
    activity: Activity
    more: str = ""
    address: str = ""

    @property
    def subject(self) -> str:
        """A lane that every map has is known by its key; people know its title."""
        return str(self.activity.details.get("lane") or self.activity.subject_label)


def history(journey: Journey, member: Membership, *, page: int = 1) -> tuple[list[Done], bool]:
    """The latest first, a page of them, and whether there are earlier ones."""
    wanted = Q()
    for model, path in PATHS.items():
        if model not in BESIDE:
            wanted |= about(model, model._base_manager.filter(**{path: journey.pk}))
    cards = about(Card, Card.objects.filter(pk__in=Placement.objects.filter(journey=journey).values("card")))
    # A card on several maps was moved on one of them; what it says changes on all.
    wanted |= cards & (Q(details__journey=journey.pk) | Q(details__journey=None))
    start = (page - 1) * ON_A_PAGE
    found = Activity.objects.visible_to(member).filter(wanted)[start : start + ON_A_PAGE + 1]
    names = registry.names()
    told = [
        Done(str(names.get(each.name, each.name)), each, _more(each), _address(each, journey))
        for each in found
    ]
    return told[:ON_A_PAGE], len(told) > ON_A_PAGE


def _more(activity: Activity) -> str:
    """What was changed, as far as the activity kept it."""
    details = activity.details
    if activity.name in ("map.undone", "map.redone"):
        return str(details.get("label", ""))
    if activity.name.endswith(".renamed"):
        return f"was “{details.get('before', '')}”"
    if activity.name == "step.feeling_assumed":
        whose = f" of {details['persona']}" if details.get("persona") else ""
        return f"{'none' if details['feeling'] is None else format(details['feeling'], '+g')}{whose}"
    told = [said[not details[name]] for name, said in NAMES.items() if name in details]
    told += [f"at “{details['step']}”"] if details.get("step") else []
    told += [f"in {details['phase']}"] if details.get("phase") else []
    told += [", ".join(map(str, details["fields"]))] if details.get("fields") else []
    told += [str(details["reason"])] if details.get("reason") else []
    return ", ".join(told)


def _address(activity: Activity, journey: Journey) -> str:
    if activity.subject_kind != Version._meta.label_lower:
        return ""
    return reverse("journeys:version", args=[journey.workspace.slug, int(activity.subject_id)])
