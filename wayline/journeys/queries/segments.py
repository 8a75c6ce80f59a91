"""The segments that a map can be read for."""

from collections.abc import Iterable

from wayline.accounts.models import Membership, Workspace
from wayline.customers.models import Customer
from wayline.journeys.models import Persona
from wayline.metrics import queries as metric_queries
from wayline.signals import offers, segment_lines
from wayline.signals.conditions import CustomerCondition
from wayline.signals.models import Segment
from wayline.signals.segments import condition_of

SAMPLED_CUSTOMERS = 500


def saved_segments(member: Membership) -> dict[str, CustomerCondition]:
    """The conditions of the workspace's saved segments and bound personas by their names."""
    personas = Persona.objects.visible_to(member).exclude(segment=None).select_related("segment")
    named = {persona.name: condition_of(persona.segment) for persona in personas}
    return named | {each.name: condition_of(each) for each in Segment.objects.visible_to(member)}


def segment_choices(workspace: Workspace, saved: Iterable[str] = ()) -> tuple[str, ...]:
    """Segments worth offering: the saved ones, then common values of the traits that have few of them."""
    common = offers.offered(offers.SEGMENTS, workspace.pk, lambda: _common_traits(workspace))
    return (*saved, *common)


def _common_traits(workspace: Workspace) -> tuple[str, ...]:
    sample = Customer.objects.filter(workspace=workspace, merged_into=None).order_by("-pk")
    values: dict[str, dict[str, int]] = {}
    for traits in sample.values_list("traits", flat=True)[:SAMPLED_CUSTOMERS]:
        for trait, value in traits.items():
            if isinstance(value, str | bool) and value != "":
                said = str(value).lower() if isinstance(value, bool) else value
                counts = values.setdefault(trait, {})
                counts[said] = counts.get(said, 0) + 1
    known = (
        f"{trait} is {value}"
        for trait, counts in sorted(values.items())
        if len(counts) <= 12
        for value, _ in sorted(counts.items(), key=lambda row: -row[1])
    )
    return (*known, *(segment_lines.done(*each) for each in metric_queries.outcomes(workspace.pk)))
