"""Which steps lead to a step: an employee's to what it does for a customer, one journey's to another's."""

from wayline.accounts.models import Membership
from wayline.journeys.models import Placement, Step


def leading_to(step: Step, member: Membership) -> list[Placement]:
    """The cards that say "this leads to that step", where they stand, on the maps the member may see."""
    found = Placement.objects.visible_to(member).filter(card__linked_step=step)
    return list(found.select_related("step", "journey").order_by("journey__title", "step__position", "pk"))
