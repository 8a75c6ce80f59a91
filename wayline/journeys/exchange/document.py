"""The open format of a map, version 1: what YAML and JSON files hold, and what versions keep.

Everything is found again by words and keys, never by the numbers of one database, so that a file means the
same in another installation. docs/reference/journey-format.md describes it for people.
"""

import json
from collections import Counter
from datetime import date
from hashlib import sha256
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_serializer,
    model_validator,
)

from wayline.journeys.models import Card, Edge, Journey, Lane, MomentChange, MomentChoice
from wayline.kit.refusals import Refusal
from wayline.signals.conditions import SignalCondition

FORMAT = "wayline-journey"
VERSION = 1
MOST_BYTES = 5_000_000
MOST_WITH_PICTURES = 25_000_000
MOST_PICTURES = 100
MOST_STEPS = 600
SMALLER = "Take pictures out of it, and put them onto the cards after drawing."


class MapNotUnderstood(Refusal):
    """The file is not a map. The message says where and what to do."""

    status = 422


def line_of(text: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def _text(text: str) -> str:
    return "\n".join(line_of(line) for line in text.splitlines()).strip()


Line = Annotated[str, AfterValidator(line_of)]
Named = Annotated[str, AfterValidator(line_of), Field(min_length=1)]
Text = Annotated[str, AfterValidator(_text)]
Key = Annotated[str, Field(pattern=r"^[a-z0-9_-]+$", max_length=80)]


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TouchpointPart(Part):
    name: Annotated[Named, Field(max_length=120)]
    channel: Annotated[Line, Field(max_length=40)] = ""


class CardPart(Part):
    """A card in a lane of a step. The same card placed twice is written twice, word for word."""

    lane: Annotated[Key, Field(max_length=40)]
    kind: Literal[tuple(Card.Kind.values)]  # type: ignore[valid-type]
    title: Annotated[Named, Field(max_length=300)]
    body: Text = ""
    channel: Annotated[Line, Field(max_length=40)] = ""
    metric: Annotated[Line, Field(max_length=60)] = ""
    leads_to_journey: Annotated[Line, Field(max_length=160)] = ""  # by its title
    leads_to_step: Annotated[str, Field(pattern=r"^[a-z0-9_-]*$", max_length=80)] = ""  # of that journey
    picture: Annotated[str, Field(pattern=r"^[a-z0-9_-]*$", max_length=80)] = (
        ""  # its name among the pictures
    )

    @property
    def leads(self) -> tuple[str, str]:
        return self.leads_to_journey, self.leads_to_step


class FeelingPart(Part):
    """What the team believes one persona feels, by the persona's name."""

    persona: Annotated[Named, Field(max_length=120)]
    feeling: Annotated[float, Field(ge=-2, le=2)]


def _by_persona(feelings: tuple[FeelingPart, ...]) -> tuple[FeelingPart, ...]:
    return tuple(sorted(feelings, key=lambda each: each.persona))


class StepPart(Part):
    title: Annotated[Named, Field(max_length=200)]
    key: Key
    required: bool = True
    repeatable: bool = False
    moment: bool = False
    fail_point: bool = False
    feeling: Annotated[float, Field(ge=-2, le=2)] | None = None
    feelings: Annotated[tuple[FeelingPart, ...], AfterValidator(_by_persona)] = ()
    condition: SignalCondition | None = None
    touchpoints: tuple[TouchpointPart, ...] = ()
    cards: tuple[CardPart, ...] = ()

    @field_serializer("condition")
    def _condition(self, condition) -> dict | None:
        return None if condition is None else slim(condition.model_dump(mode="json"))


class PhasePart(Part):
    name: Annotated[Named, Field(max_length=120)]
    question: Annotated[Line, Field(max_length=200)] = ""
    steps: tuple[StepPart, ...] = ()


class LanePart(Part):
    """What this map does differently with a lane, or a lane of its own."""

    key: Annotated[Key, Field(max_length=40)]
    kind: Literal[tuple(Lane.Kind.values)] = "basic"  # type: ignore[valid-type]
    card_kind: Annotated[Line, Field(max_length=20)] = ""
    title: Annotated[Line, Field(max_length=80)] = ""
    position: float | None = Field(default=None, allow_inf_nan=False)
    is_hidden: bool = False
    persona: Annotated[Line, Field(max_length=120)] = ""


class EdgePart(Part):
    source: Key
    target: Key
    kind: Literal[tuple(Edge.Kind.values)]  # type: ignore[valid-type]
    label: Annotated[Line, Field(max_length=120)] = ""


class HandoffPart(Part):
    """Work that goes from card to card; a card is known by its step, its lane and its title."""

    source_step: Key
    source_lane: Annotated[Key, Field(max_length=40)]
    source_card: Annotated[Named, Field(max_length=300)]
    target_step: Key
    target_lane: Annotated[Key, Field(max_length=40)]
    target_card: Annotated[Named, Field(max_length=300)]
    label: Annotated[Line, Field(max_length=120)] = ""
    expected_minutes: Annotated[int, Field(ge=1, le=366 * 24 * 60)] | None = None
    begins_with: Annotated[Line, Field(max_length=200)] = ""
    ends_with: Annotated[Line, Field(max_length=200)] = ""

    @property
    def ends(self) -> tuple[tuple[str, str, str], tuple[str, str, str]]:
        return (
            (self.source_step, self.source_lane, self.source_card),
            (self.target_step, self.target_lane, self.target_card),
        )


class DecisionPart(Part):
    """That a step is a moment that matters, or is none although the numbers propose it; and why."""

    step: Key
    kind: Literal[tuple(MomentChoice.Kind.values)]  # type: ignore[valid-type]
    reason: Annotated[Named, Field(max_length=300)]


class ChangePart(Part):
    """What must become different behind a step; its owner by e-mail, its cost in the workspace's currency."""

    step: Key
    kind: Literal[tuple(MomentChange.Kind.values)]  # type: ignore[valid-type]
    what: Annotated[Named, Field(max_length=300)]
    owner: Annotated[Line, Field(max_length=254)] = ""
    cost: Annotated[int, Field(ge=0, le=10**12)] | None = None
    status: Literal[tuple(MomentChange.Status.values)] = "planned"  # type: ignore[valid-type]
    due_on: date | None = None


class Document(Part):
    """A whole map. Decisions and changes are work that goes on beside it: left out, they stay as they are.

    Without `pictures` nothing is said of pictures, and cards keep those they have.
    """

    format: Literal["wayline-journey"] = "wayline-journey"
    version: Literal[1] = 1
    title: Annotated[Named, Field(max_length=160)]
    goal: Annotated[Line, Field(max_length=300)] = ""
    persona: Annotated[Line, Field(max_length=160)] = ""
    perspective: Literal[tuple(Journey.Perspective.values)] = "customer"  # type: ignore[valid-type]
    status: Literal[tuple(Journey.Status.values)] = "draft"  # type: ignore[valid-type]
    window_days: Annotated[int, Field(ge=1, le=3650)] | None = 30
    start: Literal[tuple(Journey.Start.values)] = "any"  # type: ignore[valid-type]
    follow: Literal[tuple(Journey.Follow.values)] = "customer"  # type: ignore[valid-type]
    tags: tuple[Annotated[Named, Field(max_length=40)], ...] = ()
    phases: Annotated[tuple[PhasePart, ...], Field(min_length=1)]
    lanes: tuple[LanePart, ...] = ()
    edges: tuple[EdgePart, ...] = ()
    handoffs: tuple[HandoffPart, ...] = ()
    decisions: tuple[DecisionPart, ...] | None = None
    changes: tuple[ChangePart, ...] | None = None
    pictures: Annotated[dict[Key, str], Field(max_length=MOST_PICTURES)] | None = (
        None  # their bytes in base64
    )

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        keys = Counter(step.key for step in self.steps)
        twice = [key for key, count in keys.items() if count > 1]
        if twice:
            raise ValueError(f"the step key {twice[0]!r} stands twice; keys are unique on a map")
        if len(keys) > MOST_STEPS:
            raise ValueError(f"a map has at most {MOST_STEPS} steps, not {len(keys)}")
        for step in self.steps:
            if len({each.persona for each in step.feelings}) < len(step.feelings):
                raise ValueError(f"a persona feels twice at the step {step.key!r}; write one feeling each")
        lost = [end for edge in self.edges for end in (edge.source, edge.target) if end not in keys]
        if lost:
            raise ValueError(f"an edge names the step {lost[0]!r}, which is not on the map")
        beside = [each.step for each in self.decisions or ()] + [each.step for each in self.changes or ()]
        if unknown := [key for key in beside if key not in keys]:
            raise ValueError(f"a decision or change names the step {unknown[0]!r}, which is not on the map")
        cards = {(step.key, card.lane, card.title) for step in self.steps for card in step.cards}
        gone = [end for handoff in self.handoffs for end in handoff.ends if end not in cards]
        if gone:
            raise ValueError(
                f"a handoff names the card {gone[0][2]!r}, which is not in that lane of that step"
            )
        lanes = [lane.key for lane in self.lanes]
        if len(set(lanes)) != len(lanes):
            raise ValueError("a lane stands twice; lane keys are unique on a map")
        return self

    @property
    def steps(self) -> tuple[StepPart, ...]:
        return tuple(step for phase in self.phases for step in phase.steps)

    @property
    def plain(self) -> dict:
        """As JSON values, without what is as usual: the shape of the files."""
        return {"format": FORMAT, "version": VERSION} | self.model_dump(mode="json", exclude_defaults=True)

    @property
    def revision(self) -> str:
        """The same for the same map, wherever it is, and whatever was decided beside it.

        Of pictures their names count, which follow what they show.
        """
        drawn = self.model_copy(update={"decisions": None, "changes": None, "pictures": None}).plain
        return sha256(json.dumps(drawn, sort_keys=True).encode()).hexdigest()[:16]


def slim(value: Any) -> Any:
    """A condition without its empty parts."""
    if isinstance(value, dict):
        return {name: slim(part) for name, part in value.items() if part not in (None, [], ())}
    return [slim(part) for part in value] if isinstance(value, list) else value


class _Dumper(yaml.SafeDumper):
    """Lists indented below their name, and no anchors: a change of one word is a change of one line."""

    def increase_indent(self, flow=False, indentless=False):
        return super().increase_indent(flow, False)

    def ignore_aliases(self, data):
        return True


def _quoted(dumper: yaml.SafeDumper, text: str):
    """Signs that break lines in YAML but nowhere else are written as escapes."""
    style = None if text.isprintable() else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _quoted)


def as_yaml(document: Document) -> str:
    """In one order for ever, one thing a line, so that a repository shows small differences."""
    drawn = document.plain
    pictures = drawn.pop("pictures", None)
    text = yaml.dump(drawn, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000)
    if pictures is None:
        return text
    # Written by hand: the library looks at every sign of megabytes of base64 several times.
    lines = [f"  {json.dumps(name)}: {json.dumps(encoded)}\n" for name, encoded in pictures.items()]
    return text + ("pictures:\n" + "".join(lines) if lines else "pictures: {}\n")


def as_json(document: Document) -> str:
    return json.dumps(document.plain, ensure_ascii=False, indent=2) + "\n"


# The one in C reads the pictures of a map in a twentieth of the time.
_Loader: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _loaded(text: str) -> object:
    """The values of a YAML file. Aliases are refused: a small file could fill the memory."""
    if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, _Loader)):
        raise MapNotUnderstood("The file uses YAML aliases (*name). Write the parts out in full.")
    return yaml.load(text, _Loader)  # noqa: S506


def read(text: str) -> Document:
    """The document a YAML or JSON file holds; JSON is read as what it is, a part of YAML."""
    if len(text.encode()) > MOST_WITH_PICTURES:
        raise MapNotUnderstood(f"The file is larger than {MOST_WITH_PICTURES // 1_000_000} MB. {SMALLER}")
    try:
        written = json.loads(text) if text.lstrip().startswith("{") else _loaded(text)
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        where = getattr(error, "problem_mark", None)
        line = f" in line {min(where.line + 1, len(text.splitlines()))}" if where else ""
        raise MapNotUnderstood(f"The file is neither YAML nor JSON{line}. Check its indentation.") from error
    pictures = written.get("pictures") if isinstance(written, dict) else None
    shown = sum(map(len, map(str, pictures.values()))) if isinstance(pictures, dict) else 0
    if len(text.encode()) - shown > MOST_BYTES:
        raise MapNotUnderstood(f"The file is larger than {MOST_BYTES // 1_000_000} MB without its pictures.")
    return parsed(written)


def parsed(written: object) -> Document:
    """The document that plain values are."""
    if not isinstance(written, dict) or written.get("format") != FORMAT:
        raise MapNotUnderstood(f"This is not a map of this product: its first line says format: {FORMAT}.")
    if written.get("version") != VERSION:
        raise MapNotUnderstood(
            f"The file is of version {written.get('version')}; this installation reads version {VERSION}."
        )
    try:
        return Document.model_validate(written)
    except (ValidationError, RecursionError) as error:
        raise MapNotUnderstood(sentence(error)) from error


def sentence(error: ValidationError | RecursionError) -> str:
    if isinstance(error, RecursionError):
        return "A condition in the file is nested too deeply."
    first = error.errors()[0]
    where = " › ".join(str(part + 1) if isinstance(part, int) else str(part) for part in first["loc"])
    return f"The map is not understood{f' at {where}' if where else ''}: {first['msg']}."
