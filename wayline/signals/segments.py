"""Who is in a segment: the one question about customers that the list of customers asks."""

from datetime import UTC, datetime

from pydantic import TypeAdapter

from wayline.accounts.models import Membership
from wayline.warehouse import connect

from . import filters
from .conditions import CustomerCondition
from .models import Segment

_condition = TypeAdapter(CustomerCondition)


def condition_of(segment: Segment) -> CustomerCondition:
    """The segment's condition, as a value."""
    return _condition.validate_python(segment.condition)


class _Segments:
    """What customers ask by name; see customers.segments."""

    def choices(self, member: Membership) -> list[tuple[int, str]]:
        return list(Segment.objects.visible_to(member).values_list("pk", "name"))

    def customers_in(self, member: Membership, segment_id: int) -> list[int] | None:
        segment = Segment.objects.visible_to(member).filter(pk=segment_id).first()
        if segment is None:
            return None
        warehouse = connect.current()
        customers, signals = warehouse.table("customers"), warehouse.table("signals")
        own = customers.filter(customers.workspace == member.workspace_id)
        own_signals = signals.filter(signals.workspace == member.workspace_id)
        chosen = filters.customer_filter(condition_of(segment), own, own_signals, datetime.now(UTC))
        return warehouse.run(own.filter(chosen).select("customer"))["customer"].to_pylist()


SEGMENTS = _Segments()
