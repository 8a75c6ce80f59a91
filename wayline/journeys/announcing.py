"""What the live stream of a map is told when something on it changed: which parts, never how they look."""

from datetime import datetime

from wayline.kit import live

from .models import Card, Journey, Placement

MAP = "journeys.map"
CURVE = {"assumed_feeling"}


def topic(journey_id: int) -> str:
    return f"{MAP}:{journey_id}"


def changed(journey: Journey, changes: list[dict], *, now: datetime) -> None:
    """Tell everybody who has the map open, and for a card also those who have another map with it open."""
    told = {journey.pk: _facts(journey.pk, changes)}
    cards = [change["id"] for change in changes if change["kind"] == "card"]
    for placement in Placement.objects.kept().filter(card__in=cards) if cards else ():
        facts = told.setdefault(placement.journey_id, {"cells": [], "curve": False, "whole": False})
        facts["cells"].append([placement.lane, placement.step_id])
    for journey_id, facts in told.items():
        if facts["cells"] or facts["curve"] or facts["whole"]:
            live.announce(topic(journey_id), facts, now=now)


def redrawn(journey: Journey, *, now: datetime) -> None:
    """The map became what a version or a file says: whoever has it open draws it anew."""
    live.announce(topic(journey.pk), {"cells": [], "curve": False, "whole": True}, now=now)


def talked(journey_id: int, subject_kind: str, subject_key: str, *, now: datetime) -> None:
    """A comment was added or settled: the mark on its subject changes."""
    cells = []
    if subject_kind == "card" and subject_key.isdecimal():
        card = Card.objects.filter(pk=subject_key).first()
        cells = [[each.lane, each.step_id] for each in card.placements.kept()] if card else []
    facts = {"cells": cells, "talk": [subject_kind, subject_key]}
    live.announce(topic(journey_id), facts, now=now)


def _facts(journey_id: int, changes: list[dict]) -> dict:
    cells: list[list] = []
    curve = whole = False
    for change in changes:
        if change["kind"] == "placement":
            cells += _cells(change)
        elif change["kind"] == "card":
            continue
        elif change["kind"] == "feeling" or set(change["after"]) <= CURVE:
            curve = True
        else:
            whole = True
    return {"cells": cells, "curve": curve, "whole": whole}


def _cells(change: dict) -> list[list]:
    """The cell it stood in and the one it stands in now."""
    states = [change["before"], change["after"]]
    if not all({"lane", "step_id"} <= set(state) for state in states):
        now = Placement.objects.filter(pk=change["id"]).values("lane", "step_id").first()
        states = [now | change["before"], now | change["after"], now] if now else []
    return [list(cell) for cell in {(state["lane"], state["step_id"]) for state in states}]
