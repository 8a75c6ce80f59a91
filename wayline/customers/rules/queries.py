from django.db.models import Count, Max

from wayline.accounts.models import Membership
from wayline.customers.models import BlockedValue, Identity, IdentityRules, RefusedMerge


def rules_of(workspace) -> IdentityRules:
    """How large a customer may grow here; the defaults where nothing was decided."""
    return IdentityRules.objects.filter(workspace=workspace).first() or IdentityRules(workspace=workspace)


def stamp() -> tuple:
    """Something that differs after a value has been blocked or allowed again, in any workspace."""
    found = BlockedValue.objects.aggregate(last=Max("pk"), n=Count("pk"))
    return found["last"], found["n"]


def blocked(member: Membership):
    """The values by which nobody is recognised, the latest first."""
    return BlockedValue.objects.visible_to(member).select_related("by")


def shared_devices(member: Membership):
    """Anonymous ids that several people were named with, and that follow none of them."""
    return Identity.objects.visible_to(member).filter(is_shared=True).order_by("-first_seen_at", "-pk")


def refused_merges(member: Membership):
    """Pairs that were named together and kept apart, the latest first."""
    return RefusedMerge.objects.visible_to(member).select_related("one", "other")
