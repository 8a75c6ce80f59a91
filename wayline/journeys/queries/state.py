"""How far a map's world has come: two readings that are the same mean that nobody changed anything."""

from wayline.audit import queries as audit
from wayline.journeys import announcing
from wayline.journeys.models import Journey
from wayline.kit import live


def state_of(journey: Journey) -> tuple[int, ...]:
    """What people did in the workspace last, and what was said last about this map.

    Everything a person does is an activity, written in the transaction of the deed; what the product
    counts by itself and shows on a map is said to those who have it open.
    """
    return (live.last_message(announcing.topic(journey.pk)), *audit.latest(journey.workspace_id))
