"""What is different between two maps, in words."""

from collections.abc import Iterator
from dataclasses import dataclass

from wayline.journeys import conditions
from wayline.journeys.exchange.document import Document, HandoffPart, StepPart

SETTINGS = {
    "title": "Title",
    "goal": "Goal",
    "persona": "Persona",
    "perspective": "Who goes through it",
    "status": "Status",
    "window_days": "Window in days",
    "start": "What counts as a start",
    "follow": "What is followed",
}
STEP = {
    "title": "title",
    "required": "required",
    "repeatable": "repeatable",
    "moment": "moment that matters",
    "fail_point": "fail point",
    "feeling": "assumed feeling",
}


@dataclass(frozen=True)
class Difference:
    """One thing: added, removed, changed or moved; where, and what it was and is."""

    what: str
    where: str
    before: str = ""
    after: str = ""


def differences(before: Document, after: Document) -> tuple[Difference, ...]:
    """Everything that the second map says otherwise, in the order of the map."""
    return tuple(_differences(before, after))


def _differences(before: Document, after: Document) -> Iterator[Difference]:
    for name, label in SETTINGS.items():
        if getattr(before, name) != getattr(after, name):
            yield Difference("changed", label, _said(getattr(before, name)), _said(getattr(after, name)))
    yield from _gone_and_come("Tag", before.tags, after.tags)
    yield from _phases(before, after)
    yield from _steps(before, after)
    edges = [tuple(f"{e.source} → {e.target} ({e.kind})" for e in each.edges) for each in (before, after)]
    yield from _gone_and_come("Way", *edges)
    handed = [{part.ends: part for part in each.handoffs} for each in (before, after)]
    for ends in dict.fromkeys([*handed[0], *handed[1]]):
        was, now = (each.get(ends) for each in handed)
        if was != now:
            what = "added" if was is None else "removed" if now is None else "changed"
            where = f"Handoff “{ends[0][2]}” → “{ends[1][2]}”"
            yield Difference(what, where, *(_wait(each) for each in (was, now)))
    lanes = [{lane.key: lane for lane in each.lanes} for each in (before, after)]
    for key in dict.fromkeys([*lanes[0], *lanes[1]]):
        if lanes[0].get(key) != lanes[1].get(key):
            before_of, after_of = (each[key].persona if key in each else "" for each in lanes)
            about = [f"about {persona or 'everybody'}" for persona in (before_of, after_of)]
            whom = about if before_of != after_of else ["", ""]
            yield Difference("changed", f"Lane “{key}”", *whom)


def _phases(before: Document, after: Document) -> Iterator[Difference]:
    names = [tuple(phase.name for phase in each.phases) for each in (before, after)]
    yield from _gone_and_come("Phase", *names)
    shared = [[name for name in each if name in set(names[0]) & set(names[1])] for each in names]
    if shared[0] != shared[1]:
        yield Difference("moved", "Phases", " › ".join(names[0]), " › ".join(names[1]))
    questions = {phase.name: phase.question for phase in before.phases}
    for phase in after.phases:
        if phase.name in questions and questions[phase.name] != phase.question:
            was = questions[phase.name]
            yield Difference("changed", f"Question of “{phase.name}”", _said(was), _said(phase.question))


def _steps(before: Document, after: Document) -> Iterator[Difference]:
    places = [
        {step.key: (phase.name, place) for phase in each.phases for place, step in enumerate(phase.steps)}
        for each in (before, after)
    ]
    old = {step.key: step for step in before.steps}
    new = {step.key: step for step in after.steps}
    for key, step in old.items():
        if key not in new:
            yield Difference("removed", f"Step “{step.title}”", before=f"in {places[0][key][0]}")
    order = [[key for key in each if key in old and key in new] for each in (old, new)]
    for key, step in new.items():
        if key not in old:
            yield Difference("added", f"Step “{step.title}”", after=f"in {places[1][key][0]}")
            continue
        moved_on = order[0].index(key) != order[1].index(key)
        if places[0][key][0] != places[1][key][0] or moved_on:
            was, now = (f"in {each[key][0]}, place {each[key][1] + 1}" for each in places)
            yield Difference("moved", f"Step “{step.title}”", was, now)
        yield from _step(old[key], step)


def _step(before: StepPart, after: StepPart) -> Iterator[Difference]:
    where = f"“{after.title}”"
    for name, label in STEP.items():
        if getattr(before, name) != getattr(after, name):
            yield Difference(
                "changed", f"{where}, {label}", _said(getattr(before, name)), _said(getattr(after, name))
            )
    if before.condition != after.condition:
        said = (conditions.sentence(each.condition) for each in (before, after))
        yield Difference("changed", f"{where}, measured by", *said)
    felt = [{each.persona: each.feeling for each in step.feelings} for step in (before, after)]
    for persona in dict.fromkeys([*felt[0], *felt[1]]):
        was, now = (each.get(persona) for each in felt)
        if was != now:
            yield Difference("changed", f"{where}, feeling of {persona}", _said(was), _said(now))
    points = [
        tuple(f"{each.name} ({each.channel})" if each.channel else each.name for each in step.touchpoints)
        for step in (before, after)
    ]
    yield from _gone_and_come(f"{where}, touchpoint", *points)
    cards = [
        tuple(f"{card.title}: {card.body}" if card.body else card.title for card in step.cards)
        for step in (before, after)
    ]
    yield from _gone_and_come(f"{where}, card", *cards)


def _gone_and_come(where: str, before: tuple[str, ...], after: tuple[str, ...]) -> Iterator[Difference]:
    for each in before:
        if each not in after:
            yield Difference("removed", where, before=each)
    for each in after:
        if each not in before:
            yield Difference("added", where, after=each)


def _wait(part: HandoffPart | None) -> str:
    """What is said of a handoff, in a line."""
    if part is None:
        return ""
    expected = "no expected wait" if part.expected_minutes is None else f"expects {part.expected_minutes} min"
    return ", ".join(filter(None, (part.label, expected, part.begins_with, part.ends_with)))


def _said(value) -> str:
    if value is None or value == "":
        return "nothing"
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
