"""The drawn parts of a map's page, kept until something they rest on changes.

Drawing a map asks ten questions of the database and fills hundreds of small templates; most who open one
see what somebody saw a moment ago. What a drawing rests on stands whole in its key, so every process may
keep its own.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from wayline.journeys import queries
from wayline.journeys.models import Journey
from wayline.metrics import cache, periods

PARTS = {
    "head": "journeys/map/head.html",
    "whom": "journeys/map/personas.html",
    "controls": "journeys/controls.html",
    "talks": "journeys/talk/open.html",
    "living": "journeys/map/living.html",
}
AT_ONCE = 64
MINUTES = 10

_drawings = cache.Kept(AT_ONCE)


@dataclass(frozen=True)
class Drawing:
    """The same for all who may read this map with the same rights; no token and no reader's name is in it."""

    parts: dict[str, SafeString]
    status: int


def of_map(request, journey: Journey, *, may_edit: bool, context: Callable[[], dict]) -> Drawing:
    """The map as this request reads it: as drawn before, or from `context` where anything changed since."""
    member, now = request.member, cache.minute()
    rests_on = (
        request.get_full_path(),
        (journey.pk, member.role, sorted(member.rights), may_edit),
        periods.extent_of(request.workspace, now=now),
        # Marks that age, like stale evidence, and an owner's new address wait for the next ten minutes.
        now.replace(minute=now.minute // MINUTES * MINUTES),
        queries.state_of(journey),
    )
    return _drawings.get(lambda: _draw(request, context() | {"may_edit": may_edit}), *rests_on)


def forget() -> None:
    """Draw everything anew, as after a start."""
    _drawings.clear()


def _draw(request, context: dict) -> Drawing:
    parts = {name: render_to_string(template, context, request) for name, template in PARTS.items()}
    return Drawing(parts, status=422 if context["controls"].errors else 200)
