"""How what happened on a map looks to those who have it open."""

from collections.abc import Collection, Sequence

from django.template.loader import render_to_string

from wayline.kit import live
from wayline.kit.live.topics import Frame

from . import announcing
from .models import Journey, seats
from .queries import board, talks


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
    talked = {tuple(fact["talk"]) for fact in facts if "talk" in fact}
    html = (partials(journey, keys) if keys else "") + (talk_marks(journey, talked) if talked else "")
    if html:
        frames.append(Frame(html))
    if any(fact.get("curve") for fact in facts):
        frames.append(Frame("", event="curve"))
    if talked:
        frames.append(Frame("", event="talk"))
    return frames


def partials(journey: Journey, keys: Collection[board.Key]) -> str:
    """These cells, each with the place where it belongs."""
    cells = board.some_cells(journey, keys)
    return render_to_string("journeys/map/partials.html", {"cells": cells}).strip()


def talk_marks(journey: Journey, subjects: Collection[tuple[str, str]]) -> str:
    """How many discussions are open about these things, and on the whole map."""
    open_now = talks.marks(journey)
    marks = [(f"talks-{kind}-{key}", open_now[kind, key]) for kind, key in subjects if key and kind != "card"]
    context = {"marks": [*marks, ("talks-open", open_now.total())]}
    return render_to_string("journeys/talk/marks.html", context).strip()


def readers(subject: str, users: Collection[int]) -> set[int]:
    """Who of these may read the map: members of its workspace, with a seat where it is restricted."""
    journey = Journey.objects.kept().filter(pk=subject).first()
    if journey is None:
        return set()
    return set(seats.readers(journey).filter(user__in=users).values_list("user", flat=True))


live.register(announcing.MAP, draw=draw, readers=readers)
