"""OpenJourney Format (.ojf) 1.0, the open JSON of the Ptolemy journey mapper, read into documents.

Read: version, persona, pointOfView, stages, swimlanes, nodes with title, description, score (−5 to +5),
isMomentOfTruth, purpose and blueprint. Not kept: icons, colors, severity, sentiment and tags of single nodes.
"""

import json

from .document import CardPart, Document, MapNotUnderstood, PhasePart, StepPart, TouchpointPart
from .spreadsheets import CARDS, KIND_OF, LANE_OF, key_of, role_of

BLUEPRINT = {"evidence": "evidence", "onstage": "frontstage", "backstage": "backstage", "support": "system"}


def is_ojf(text: str) -> bool:
    """Whether the JSON looks like one: stages, swimlanes and nodes."""
    try:
        written = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(written, dict) and {"stages", "nodes"} <= set(written)


def read(text: str, *, title: str = "") -> Document:
    """A stage becomes a phase; a node in a lane of actions a step, in a lane of touchpoints a touchpoint.

    A stage without an action becomes a step of its own name. Other nodes become cards of that stage's
    first step.
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
    except (KeyError, TypeError, AttributeError) as error:
        raise MapNotUnderstood(
            f"The OJF file does not hold together: {error} is missing or refers to nothing."
        ) from error
    return Document(
        title=(title or written.get("pointOfView") or "Imported map")[:160],
        persona=str(written.get("persona") or "")[:160],
        phases=phases,
    )


def _steps(stage: str, nodes: list[dict], lanes: dict[str, str], keys: set[str]) -> tuple[StepPart, ...]:
    roles = [(_role(node, lanes), node) for node in nodes]
    actions = [node for role, node in roles if role == "step"]
    others = [(role, node) for role, node in roles if role != "step"]
    points = tuple(
        TouchpointPart(name=_title(node)[:120]) for role, node in others if role in ("touchpoint", "channel")
    )
    rest = [(role, node) for role, node in others if role not in ("touchpoint", "channel")]
    cards = [card for role, node in rest for card in _card(role, node)]
    cards += [card for node in nodes for card in _blueprint(node)]
    drawn = []
    for place, node in enumerate(actions or [{"title": stage}]):
        about = [node] if actions else nodes
        cards_here = list(cards) if place == 0 else []
        if node.get("description"):
            cards_here.append(CardPart(lane="notes", kind="text", title=str(node["description"])[:300]))
        drawn.append(
            StepPart(
                title=_title(node)[:200],
                key=key_of(_title(node), keys),
                feeling=_feeling(about if actions else nodes),
                moment=any(bool(each.get("isMomentOfTruth")) for each in about),
                touchpoints=points if place == 0 else (),
                cards=tuple(cards_here),
            )
        )
    return tuple(drawn)


def _role(node: dict, lanes: dict[str, str]) -> str:
    purpose = role_of(str(node.get("purpose") or ""))
    if purpose in ("pain", "touchpoint"):
        return purpose
    return role_of(lanes.get(str(node.get("swimlaneId")), ""))


def _title(node: dict) -> str:
    return str(node.get("title") or node.get("description") or "Untitled").strip() or "Untitled"


def _feeling(nodes: list[dict]) -> float | None:
    """The mean of the scores given, from −5 to +5, brought to −2 to +2."""
    scores = [float(node["score"]) for node in nodes if isinstance(node.get("score"), int | float)]
    if not scores:
        return None
    return round(max(-2.0, min(2.0, sum(scores) / len(scores) * 2 / 5)), 1)


def _card(role: str, node: dict) -> list[CardPart]:
    role = role if role not in ("phase", "question", "feeling", "moment", "ignore") else CARDS
    return [
        CardPart(
            lane=LANE_OF.get(role, role),
            kind=KIND_OF.get(role, role),
            title=_title(node)[:300],
            body=str(node.get("description") or ""),
        )
    ]


def _blueprint(node: dict) -> list[CardPart]:
    said = node.get("blueprint")
    if not isinstance(said, dict):
        return []
    return [
        CardPart(lane=kind, kind=kind, title=str(said[name])[:300])
        for name, kind in BLUEPRINT.items()
        if str(said.get(name) or "").strip()
    ]
