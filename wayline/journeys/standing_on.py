"""What stands on steps by a card of its own: insights and opportunities, which areas above know."""

from django.shortcuts import get_object_or_404

from wayline.accounts.models import Membership
from wayline.kit.refusals import Refusal

from .models import Card, Journey, Placement, Step


class NotThere(Refusal):
    """What is named is not in the workspace, or somebody took it away before."""


def chosen_step(request) -> Step | None:
    """The step a form or a link names, None if it names none."""
    chosen = request.POST.get("step") or request.GET.get("step") or ""
    return get_object_or_404(_steps(request.member), pk=chosen) if chosen.isdecimal() else None


def named_step(member: Membership, step_id: int) -> Step:
    """The step that a body names."""
    step = _steps(member).filter(pk=step_id).first()
    if step is None:
        raise NotThere(f"There is no step {step_id} in this workspace.")
    return step


def named_card(member: Membership, card_id: int) -> Card:
    """The card that a body names."""
    card = Card.objects.visible_to(member).filter(pk=card_id).first()
    if card is None:
        raise NotThere(f"There is no card {card_id} in this workspace.")
    return card


def placement_of(member: Membership, card: Card, placement_id: int) -> Placement:
    """One place where the card stands."""
    placements = Placement.objects.visible_to(member).filter(card=card)
    placement = placements.select_related("journey", "step").filter(pk=placement_id).first()
    if placement is None:
        raise NotThere("It does not stand there any more.")
    return placement


def closed_to(member: Membership) -> set[int]:
    """The journeys whose names and steps this member may not read."""
    restricted = Journey.objects.filter(workspace=member.workspace_id, is_restricted=True)
    return set(restricted.exclude(pk__in=Journey.objects.visible_to(member)).values_list("pk", flat=True))


def free_steps(member: Membership, placements) -> list[Step]:
    """The steps it could be placed on."""
    taken = {placement.step_id for placement in placements}
    return [step for step in _steps(member) if step.pk not in taken]


def _steps(member: Membership):
    return Step.objects.visible_to(member).select_related("phase__journey")
