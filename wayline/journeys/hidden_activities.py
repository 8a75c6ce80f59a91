"""Which activities tell of journeys that a member may not see; the audit area asks for it by this name."""

from django.db.models import CharField, Model, Q
from django.db.models.functions import Cast

from wayline.accounts.models import Membership

from .models import (
    Card,
    Comment,
    Edge,
    Handoff,
    Journey,
    Lane,
    MomentChange,
    Phase,
    Placement,
    Share,
    Step,
    Thread,
    Touchpoint,
    Version,
)
from .models.seats import open_to

# How each subject of an activity leads to its journey.
PATHS: dict[type[Model], str] = {
    Journey: "pk",
    Phase: "journey",
    Step: "phase__journey",
    Touchpoint: "step__phase__journey",
    Lane: "journey",
    Edge: "journey",
    Handoff: "journey",
    MomentChange: "step__phase__journey",
    Thread: "journey",
    Comment: "thread__journey",
    Share: "journey",
    Version: "journey",
}


def hidden_from(member: Membership) -> Q | None:
    """The activities of restricted journeys at which the member has no seat; None where there are none.

    Those that only name such a journey in their details, as placing an insight does, are among them.
    """
    restricted = Journey.objects.filter(workspace=member.workspace_id, is_restricted=True)
    closed = list(restricted.exclude(open_to(member)).values_list("pk", flat=True))
    if not closed:
        return None
    hidden = Q(details__journey__in=closed)
    for model, path in PATHS.items():
        hidden |= about(model, model._base_manager.filter(**{f"{path}__in": closed}))
    elsewhere = Placement.objects.filter(card__workspace=member.workspace_id).exclude(journey__in=closed)
    cards = Card.objects.filter(placements__journey__in=closed).exclude(pk__in=elsewhere.values("card"))
    return hidden | about(Card, cards)


def about(model, rows) -> Q:
    """Activities of these rows, which they know by their keys as text."""
    keys = rows.annotate(as_text=Cast("pk", CharField())).values("as_text")
    return Q(subject_kind=model._meta.label_lower, subject_id__in=keys)
