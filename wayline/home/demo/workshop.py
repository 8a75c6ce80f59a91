"""What the demo company's people wrote on their maps: personas, handoffs, and what must change at moments."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import yaml

from wayline.accounts.models import User, Workspace
from wayline.journeys import operations as journeys
from wayline.journeys.models import Journey, Placement, Step
from wayline.signals.models import Segment

WRITTEN = Path(__file__).with_suffix(".yaml")


def write(workspace: Workspace, drawn: Mapping[str, Journey], *, by: User | None, now: datetime) -> None:
    """Draw on the maps, by their templates, what workshop.yaml says."""
    written = yaml.safe_load(WRITTEN.read_text())
    said = {"by": by, "now": now}
    for persona in written["personas"]:
        _persona(workspace, persona, drawn, said)
    for handoff in written["handoffs"]:
        journey = drawn[handoff.pop("journey")]
        ends = [_card(journey, *handoff.pop(end)) for end in ("from", "to")]
        journeys.add_handoff(*ends, **handoff, **said)
    for moment in written["moments"]:
        journey = drawn[moment["journey"]]
        step = _step(journey, moment["step"])
        journeys.accept_moment(step, reason=moment["reason"], **said)
        for change in moment["changes"]:
            due_on = (now + timedelta(days=change.pop("days"))).date()
            journeys.add_change(step, due_on=due_on, owner=journey.owner, **change, **said)


def _persona(workspace: Workspace, written: dict, drawn: Mapping[str, Journey], said: dict) -> None:
    """One persona, the journeys that are theirs, and what the team believes they feel there."""
    feels = written.pop("feels")
    segment = Segment.objects.get(workspace=workspace, name=written.pop("segment"))
    persona = journeys.create_persona(workspace, segment=segment, **written, **said)
    journeys.set_persona_journeys(persona, journeys=[drawn[slug] for slug in feels], **said)
    for slug, feelings in feels.items():
        for key, feeling in feelings.items():
            journeys.assume_feeling(_step(drawn[slug], key), feeling=feeling, persona=persona, **said)


def _step(journey: Journey, key: str) -> Step:
    return Step.objects.select_related("phase__journey").get(phase__journey=journey, key=key)


def _card(journey: Journey, lane: str, key: str) -> Placement:
    """The first card of a lane at a step."""
    rows = Placement.objects.on_kept_maps().filter(journey=journey, lane=lane, step__key=key)
    return rows.select_related("journey", "card", "step").order_by("position", "pk")[0]
