"""How what happened on a map looks to those who have it open."""

from collections.abc import Collection, Sequence

from django.template.loader import render_to_string

from wayline.kit import live
from wayline.kit.live.topics import Frame

from . import announcing
from .models import Journey, seats
from .queries import board


def draw(subject: str, facts: Sequence[dict]) -> list[Frame]:
    """The changed cells as they now are, or the word to fetch the map again where its shape changed."""
    journey = Journey.objects.filter(pk=subject).first()
    return drawn(journey, facts) if journey else []


def drawn(journey: Journey, facts: Sequence[dict]) -> list[Frame]:
    """The same, with the journey at hand."""
    if any(fact.get("whole") for fact in facts):
        return [Frame("", event="reload")]
    frames = []
    keys = {(lane, step) for fact in facts for lane, step in fact.get("cells", ())}
    if keys:
        frames.append(Frame(partials(journey, keys)))
    if any(fact.get("curve") for fact in facts):
        frames.append(Frame("", event="curve"))
    if any("talk" in fact for fact in facts):
        frames.append(Frame("", event="talk"))
    return frames


def partials(journey: Journey, keys: Collection[board.Key]) -> str:
    """These cells, each with the place where it belongs."""
    cells = board.some_cells(journey, keys)
    return render_to_string("journeys/map/partials.html", {"cells": cells}).strip()


def readers(subject: str, users: Collection[int]) -> set[int]:
    """Who of these may read the map: members of its workspace, with a seat where it is restricted."""
    journey = Journey.objects.kept().filter(pk=subject).first()
    if journey is None:
        return set()
    return set(seats.readers(journey).filter(user__in=users).values_list("user", flat=True))


live.register(announcing.MAP, draw=draw, readers=readers)
