"""OpenJourney Format (.ojf), the open JSON of the Ptolemy journey mapper, read into documents.

Read as its specification (1.0) says and as its own samples (1.1, with `metadata` and blueprints made of
actors, things and systems) are. Colors and icons have no place on a map and are told.
"""

import json
from collections import Counter

from pydantic import ValidationError

from .document import CardPart, Document, MapNotUnderstood, PhasePart, StepPart, TouchpointPart, sentence
from .spreadsheets import CARDS, KIND_OF, LANE_OF, feelings_of, key_of, role_of
from .unplaced import Unplaced

BLUEPRINT = {"evidence": "evidence", "onstage": "frontstage", "backstage": "backstage", "support": "system"}
# What stands for the thing itself in a part of a blueprint, in this order; the rest is said beside it.
PARTS = ("actor", "action", "item", "system", "name", "title", "description", "type")
OF_NODE = {
    *("id", "stageId", "swimlaneId", "title", "description", "severity", "score", "sentiment", "purpose"),
    *("isMomentOfTruth", "tags", "blueprint"),
}
OF_FILE = {"version", "persona", "pointOfView", "stages", "swimlanes", "nodes", "metadata"}
ACTIONS = ("action", "milestone")
OF_METADATA = {"title", "persona", "pov", "pointOfView", "version"}


def is_ojf(text: str) -> bool:
    """Whether the JSON looks like one: stages, swimlanes and nodes."""
    try:
        written = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(written, dict) and {"stages", "nodes"} <= set(written)


def read(text: str, *, title: str = "") -> Document:
    """The map that the file holds."""
    return place(text, title=title)[0]


def place(text: str, *, title: str = "") -> tuple[Document, tuple[Unplaced, ...]]:
    """A stage becomes a phase; a node in a lane of actions a step, in a lane of touchpoints a touchpoint.

    A stage without an action becomes a step of its own name. Other nodes become cards of that stage's
    first step. Answers what found no place, too.
    """
    written = json.loads(text)
    try:
        stages = [(str(stage["id"]), str(stage["name"])) for stage in written["stages"]]
        lanes = {str(lane["id"]): str(lane["name"]) for lane in written.get("swimlanes", [])}
        by_stage: dict[str, list[dict]] = {key: [] for key, _ in stages}
        for node in written["nodes"]:
            by_stage[str(node["stageId"])].append(node)
        keys: set[str] = set()
        phases = tuple(
            PhasePart(name=name[:120], steps=_steps(name, by_stage[key], lanes, keys)) for key, name in stages
        )
        about = {key: str(value) for key, value in (written.get("metadata") or {}).items()}
        seen = str(written.get("pointOfView") or about.get("pov") or about.get("pointOfView") or "")
        named = title or about.get("title") or seen or "Imported map"
        drawn = Document(
            title=named[:160],
            goal="" if named == seen else seen[:300],
            persona=str(written.get("persona") or about.get("persona") or "")[:160],
            phases=phases,
        )
    except ValidationError as error:
        raise MapNotUnderstood(sentence(error)) from error
    except (KeyError, TypeError, AttributeError) as error:
        raise MapNotUnderstood(
            f"The OJF file does not hold together: {error} is missing or refers to nothing."
        ) from error
    return drawn, _unplaced(written, about)


def _unplaced(written: dict, about: dict[str, str]) -> tuple[Unplaced, ...]:
    """What the format lets stand at nodes and files, and a map has no place for: by its name, counted."""
    counted = Counter(name for node in written["nodes"] for name in node if name not in OF_NODE)
    found = [
        Unplaced(f"{name} of nodes", f"{n} times", "A map draws cards by their kind and has no field for it")
        for name, n in counted.items()
    ]
    others = [(name, written[name]) for name in written if name not in OF_FILE]
    others += [(f"metadata {name}", words) for name, words in about.items() if name not in OF_METADATA]
    return (
        *found,
        *(Unplaced(name, str(words)[:200], "A map has no field for it") for name, words in others),
    )


def _steps(stage: str, nodes: list[dict], lanes: dict[str, str], keys: set[str]) -> tuple[StepPart, ...]:
    roles = [(_role(node, lanes), node) for node in nodes]
    if not any(role == "step" for role, _ in roles):
        # What somebody does is a step also where the lane is called otherwise.
        roles = [("step" if node.get("purpose") in ACTIONS else role, node) for role, node in roles]
    actions = [node for role, node in roles if role == "step"]
    others = [(role, node) for role, node in roles if role != "step"]
    points = [node for role, node in others if role in ("touchpoint", "channel")]
    rest = [(role, node) for role, node in others if role not in ("touchpoint", "channel")]
    cards = [card for role, node in rest for card in _card(role, node)]
    cards += [card for node in points for card in _remarks(node)]
    cards += [card for _, node in others for card in _blueprint(node)]
    drawn = []
    for place, node in enumerate(actions or [{"title": stage}]):
        about = [node] if actions else nodes
        own = [*_remarks(node), *_blueprint(node)] if actions else []
        drawn.append(
            StepPart(
                title=_title(node)[:200],
                key=key_of(_title(node), keys),
                feeling=_feeling(about),
                moment=any(bool(each.get("isMomentOfTruth")) for each in about)
                or (place == 0 and any(bool(each.get("isMomentOfTruth")) for _, each in others)),
                touchpoints=tuple(TouchpointPart(name=_title(each)[:120]) for each in points if place == 0),
                cards=(*own, *(cards if place == 0 else [])),
            )
        )
    return tuple(drawn)


def _role(node: dict, lanes: dict[str, str]) -> str:
    """What a node is: a pain by its purpose, else by its lane; by its purpose where the lane says nothing."""
    purpose = role_of(str(node.get("purpose") or ""))
    lane = role_of(lanes.get(str(node.get("swimlaneId")), ""))
    if purpose == "pain" or (lane == CARDS and purpose in ("touchpoint", "step")):
        return purpose
    return lane


def _title(node: dict) -> str:
    said = str(node.get("title") or node.get("description") or "").split("\n")[0]
    return " ".join(said.split()) or "Untitled"


def _feeling(nodes: list[dict]) -> float | None:
    """The mean of the scores given, from −5 to +5, brought to −2 to +2; else of the words for feelings."""
    scores = [float(node["score"]) for node in nodes if isinstance(node.get("score"), int | float)]
    if scores:
        return round(max(-2.0, min(2.0, sum(scores) / len(scores) * 2 / 5)), 1)
    felt = [
        each for each in feelings_of(str(node.get("sentiment") or "") for node in nodes) if each is not None
    ]
    return round(sum(felt) / len(felt), 1) if felt else None


def _said_beside(node: dict) -> str:
    """Its description, severity, mood and tags as lines: they have no field of their own on a card."""
    lines = [str(node.get("description") or "")] if node.get("title") else []
    lines += [f"{label}: {node[name]}" for name, label in _LABELS if node.get(name)]
    tags = node.get("tags")
    if isinstance(tags, list) and tags:
        lines.append(f"Tags: {', '.join(map(str, tags))}")
    return "\n".join(line for line in lines if line)


_LABELS = (("severity", "Severity"), ("sentiment", "Mood"), ("purpose", "Purpose"))


def _remarks(node: dict) -> list[CardPart]:
    """What is said beside a step or touchpoint, as a note below it."""
    said = _said_beside(node)
    if not said:
        return []
    first, *more = said.splitlines()
    title, body = (first[:300], "\n".join([first[300:], *more]).strip())
    return [CardPart(lane="notes", kind="text", title=title, body=body)]


def _card(role: str, node: dict) -> list[CardPart]:
    role = role if role not in ("phase", "question", "feeling", "moment", "ignore") else CARDS
    return [
        CardPart(
            lane=LANE_OF.get(role, role),
            kind=KIND_OF.get(role, role),  # type: ignore[arg-type]
            title=_title(node)[:300],
            body=_said_beside(node),
        )
    ]


def _blueprint(node: dict) -> list[CardPart]:
    """Each part of a blueprint as a card: words, or who does what, which thing, which system."""
    said = node.get("blueprint")
    if not isinstance(said, dict):
        return []
    return [
        CardPart(lane=kind, kind=kind, title=words[:300], body=body)  # type: ignore[arg-type]
        for name, kind in BLUEPRINT.items()
        for part in _listed(said.get(name))
        for words, body in [_part(part)]
        if words
    ]


def _listed(said) -> list:
    return said if isinstance(said, list) else [said]


def _part(part) -> tuple[str, str]:
    if not isinstance(part, dict):
        return (str(part).strip() if part is not None else ""), ""
    known = [str(part[name]) for name in PARTS if part.get(name)]
    known += [f"{name}: {value}" for name, value in part.items() if name not in PARTS and value]
    title, *more = known or [""]
    if part.get("actor") and part.get("action"):
        title, more = f"{part['actor']}: {part['action']}", more[1:]
    return title, "\n".join(more)
