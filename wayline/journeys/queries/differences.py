"""What is different between two maps, in words."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wayline.journeys import conditions
from wayline.journeys.exchange.document import CardPart, Document, HandoffPart, LanePart, StepPart

from .lanes import LANES

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
CARD = {
    "kind": "kind",
    "body": "more",
    "channel": "channel",
    "metric": "metric",
    "leads_to_journey": "leads to journey",
    "leads_to_step": "leads to step",
    "picture": "picture",
}
EVERY_MAP = {lane.key: LanePart(key=lane.key, title=lane.title, is_hidden=lane.is_hidden) for lane in LANES}


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
    renamed = _renamed(before, after)
    yield from _phases(before, after, renamed)
    yield from _steps(before, after, renamed)
    yield from _cards(before, after)
    yield from _ways(before, after)
    yield from _handoffs(before, after)
    yield from _lanes(before, after)


def _renamed(before: Document, after: Document) -> dict[str, str]:
    """Phases that only have another name: those that went, by those that came and hold a step of theirs."""
    kept = {phase.name for phase in before.phases} & {phase.name for phase in after.phases}
    came = {step.key: phase.name for phase in after.phases for step in phase.steps if phase.name not in kept}
    renamed: dict[str, str] = {}
    for phase in before.phases:
        found = [came[step.key] for step in phase.steps if step.key in came]
        if phase.name not in kept and found and found[0] not in renamed.values():
            renamed[phase.name] = found[0]
    return renamed


def _phases(before: Document, after: Document, renamed: dict[str, str]) -> Iterator[Difference]:
    for was, now in renamed.items():
        yield Difference("changed", "Name of a phase", was, now)
    names = [
        tuple(renamed.get(phase.name, phase.name) for phase in before.phases),
        tuple(phase.name for phase in after.phases),
    ]
    yield from _gone_and_come("Phase", *names)
    shared = [[name for name in each if name in set(names[0]) & set(names[1])] for each in names]
    if shared[0] != shared[1]:
        yield Difference("moved", "Phases", " › ".join(names[0]), " › ".join(names[1]))
    questions = {renamed.get(phase.name, phase.name): phase.question for phase in before.phases}
    for phase in after.phases:
        if phase.name in questions and questions[phase.name] != phase.question:
            was = questions[phase.name]
            yield Difference("changed", f"Question of “{phase.name}”", _said(was), _said(phase.question))


def _steps(before: Document, after: Document, renamed: dict[str, str]) -> Iterator[Difference]:
    places = [
        {step.key: (phase.name, place) for phase in each.phases for place, step in enumerate(phase.steps)}
        for each in (before, after)
    ]
    places[0] = {key: (renamed.get(phase, phase), place) for key, (phase, place) in places[0].items()}
    old = {step.key: step for step in before.steps}
    new = {step.key: step for step in after.steps}
    for key, step in old.items():
        if key not in new:
            yield Difference("removed", f"Step “{step.title}”", before=_with_cards(places[0][key][0], step))
    stayed = {key for key in old if key in new and places[0][key][0] == places[1][key][0]}
    overtaken = {
        key
        for phase in after.phases
        for key in _out_of_order(
            [key for key in old if key in stayed and places[0][key][0] == phase.name],
            [step.key for step in phase.steps if step.key in stayed],
        )
    }
    for key, step in new.items():
        if key not in old:
            yield Difference("added", f"Step “{step.title}”", after=_with_cards(places[1][key][0], step))
            continue
        if key not in stayed or key in overtaken:
            was, now = (f"in {each[key][0]}, place {each[key][1] + 1}" for each in places)
            yield Difference("moved", f"Step “{step.title}”", was, now)
        yield from _step(old[key], step)


def _with_cards(phase: str, step: StepPart) -> str:
    held = len(step.cards)
    return f"in {phase}" + (f", with {held} card{'' if held == 1 else 's'}" if held else "")


def _out_of_order(before: Sequence[str], after: Sequence[str]) -> set[str]:
    """As few as must move to make one order the other: all but the longest run that stays."""
    place = {key: index for index, key in enumerate(before)}
    ends: list[int] = []
    runs: list[list[str]] = []
    for key in after:
        length = bisect_left(ends, place[key])
        run = [*(runs[length - 1] if length else ()), key]
        ends[length : length + 1], runs[length : length + 1] = [place[key]], [run]
    return set(after) - set(runs[-1] if runs else ())


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


@dataclass(frozen=True)
class _Placed:
    """A card where it stands."""

    step: str
    card: CardPart

    @property
    def cell(self) -> tuple[str, str]:
        return self.step, self.card.lane


def _cards(before: Document, after: Document) -> Iterator[Difference]:
    """Cards that stayed where they are are told by their words, others by where they went."""
    titles = {step.key: step.title for part in (before, after) for step in part.steps}
    lanes = _titles_of_lanes(before, after)

    def where(placed: _Placed) -> str:
        return f"“{titles[placed.step]}”, {lanes.get(placed.card.lane, placed.card.lane)}"

    old, new = _left_over(before, after), _left_over(after, before)
    for was, now in [*_pairs(old, new, by=_words_in_place), *_pairs(old, new, by=_words)]:
        if was.cell != now.cell:
            yield Difference("moved", f"Card “{now.card.title}”", where(was), where(now))
        for name, label in CARD.items():
            told = [_said(_short(getattr(each.card, name))) for each in (was, now)]
            if told[0] != told[1]:
                yield Difference("changed", f"{where(now)}, card “{now.card.title}”, {label}", *told)
    for was, now in _pairs(old, new, by=_cell_and_kind):
        yield Difference("changed", f"{where(now)}, card", _worded(was.card), _worded(now.card))
    shared = {step.key for step in before.steps} & {step.key for step in after.steps}
    yield from (
        Difference("removed", where(each), before=_worded(each.card)) for each in old if each.step in shared
    )
    yield from (
        Difference("added", where(each), after=_worded(each.card)) for each in new if each.step in shared
    )
    yield from _reordered(before, after, where)


def _words_in_place(placed: _Placed) -> object:
    return placed.cell, placed.card.title


def _words(placed: _Placed) -> object:
    return placed.card.title


def _cell_and_kind(placed: _Placed) -> object:
    return placed.cell, placed.card.kind


def _worded(card: CardPart) -> str:
    return f"{card.title}: {card.body}" if card.body else card.title


def _left_over(here: Document, there: Document) -> list[_Placed]:
    """Cards of one map that the other does not hold as they are, where they are."""
    held = Counter(_Placed(step.key, card) for step in there.steps for card in step.cards)
    left = []
    for placed in (_Placed(step.key, card) for step in here.steps for card in step.cards):
        if held[placed]:
            held[placed] -= 1
        else:
            left.append(placed)
    return left


def _pairs(old: list[_Placed], new: list[_Placed], *, by) -> list[tuple[_Placed, _Placed]]:
    """Takes from both lists what is the same thing by that measure, each once."""
    found = []
    for now in list(new):
        was = next((each for each in old if by(each) == by(now)), None)
        if was is not None:
            found.append((was, now))
            old.remove(was)
            new.remove(now)
    return found


def _reordered(before: Document, after: Document, where) -> Iterator[Difference]:
    cells: list[dict] = [defaultdict(list), defaultdict(list)]
    for held, part in zip(cells, (before, after), strict=True):
        for placed in (_Placed(step.key, card) for step in part.steps for card in step.cards):
            held[placed.cell].append(placed)
    for cell, now in cells[1].items():
        told = [[each.card.title for each in cards] for cards in (cells[0].get(cell, []), now)]
        if told[0] != told[1] and sorted(told[0]) == sorted(told[1]):
            yield Difference("moved", where(now[0]), " › ".join(told[0]), " › ".join(told[1]))


def _ways(before: Document, after: Document) -> Iterator[Difference]:
    titles = {step.key: step.title for part in (before, after) for step in part.steps}
    ways = [
        tuple(
            f"{titles[each.source]} → {titles[each.target]}" + (f", {each.label}" if each.label else "")
            for each in part.edges
        )
        for part in (before, after)
    ]
    yield from _gone_and_come("Branch or loop", *ways)


def _handoffs(before: Document, after: Document) -> Iterator[Difference]:
    handed = [{part.ends: part for part in each.handoffs} for each in (before, after)]
    for ends in dict.fromkeys([*handed[0], *handed[1]]):
        was, now = (each.get(ends) for each in handed)
        if was != now:
            what = "added" if was is None else "removed" if now is None else "changed"
            where = f"Handoff “{ends[0][2]}” → “{ends[1][2]}”"
            yield Difference(what, where, *(_wait(each) for each in (was, now)))


def _titles_of_lanes(*documents: Document) -> dict[str, str]:
    titles = {key: lane.title for key, lane in EVERY_MAP.items()}
    return titles | {lane.key: lane.title for part in documents for lane in part.lanes if lane.title}


def _lanes(before: Document, after: Document) -> Iterator[Difference]:
    laid = [{lane.key: _laid(lane) for lane in each.lanes} for each in (before, after)]
    for key in dict.fromkeys([*laid[0], *laid[1]]):
        was, now = (each.get(key) or EVERY_MAP.get(key) for each in laid)
        if was is None or now is None:
            what, lane = ("added", now) if was is None else ("removed", was)
            yield Difference(what, f"Lane “{lane.title if lane else key}”")
            continue
        where = f"Lane “{now.title}”"
        if was.title != now.title:
            yield Difference("changed", f"{where}, title", was.title, now.title)
        if was.is_hidden != now.is_hidden:
            yield Difference(
                "changed", where, *("hidden" if each.is_hidden else "shown" for each in (was, now))
            )
        if was.persona != now.persona:
            yield Difference(
                "changed", where, *(f"about {each.persona or 'everybody'}" for each in (was, now))
            )
        if was.position != now.position:
            yield Difference("moved", where)


def _laid(lane: LanePart) -> LanePart:
    """With the title it is shown under."""
    common = EVERY_MAP.get(lane.key)
    return lane if lane.title or common is None else lane.model_copy(update={"title": common.title})


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


def _short(name: str) -> str:
    """Of a picture's name its first signs, which tell another picture apart."""
    return name[:14] if name.startswith("sha256-") else name


def _said(value) -> str:
    if value is None or value == "":
        return "nothing"
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
