"""Choosing the signals that are a step: what exists, what reads like the step, what the choice matches."""

from dataclasses import dataclass
from difflib import SequenceMatcher

from wayline.journeys import conditions
from wayline.journeys.models import Step
from wayline.journeys.templates_library import plain
from wayline.metrics import observed
from wayline.metrics.observed import ObservedName, Preview
from wayline.signals.conditions import SignalIs

FIELDS = ("@channel", "@subject", "@score", "@scale", "@text", "@value")
SHOWN = 200


@dataclass(frozen=True)
class Choice:
    """A name that was observed, as the form offers it."""

    value: str
    observed: ObservedName
    is_chosen: bool
    is_suggested: bool


@dataclass(frozen=True)
class Board:
    """Everything the binding page shows beside its form."""

    choices: tuple[Choice, ...]
    hidden: int
    search: str
    fields: tuple[str, ...]
    channels: tuple[str, ...]
    preview: Preview | None
    sentence: str
    is_replaced: bool  # the stored condition says more than this form can


def board(step: Step, form, *, search: str) -> Board:
    """The names there are, the likely ones first, and a preview of what the form's choice matches."""
    workspace = step.workspace_id
    names = observed.names(workspace)
    condition = _condition(form)
    chosen = set(form.data.getlist("signals"))
    likely = {_value(name) for name in suggestions(step.title, names)}
    choices = [
        Choice(_value(name), name, _value(name) in chosen, _value(name) in likely)
        for name in names
        if _value(name) in chosen or search.lower() in name.name.lower()
    ]
    choices.sort(key=lambda choice: (not choice.is_chosen, not choice.is_suggested, -choice.observed.n))
    stored = conditions.parsed(step.condition)
    return Board(
        choices=tuple(choices[:SHOWN]),
        hidden=max(0, len(choices) - SHOWN),
        search=search,
        fields=_fields(workspace, condition),
        channels=(),
        preview=observed.preview(workspace, condition) if condition else None,
        sentence=conditions.sentence(condition),
        is_replaced=stored is not None and not isinstance(stored, SignalIs),
    )


def _condition(form) -> SignalIs | None:
    if not form.is_valid():
        return None
    condition = form.condition()
    return condition if conditions.says_something(condition) else None


def _value(name: ObservedName) -> str:
    return f"{name.kind}:{name.name}"


def _fields(workspace: int, condition: SignalIs | None) -> tuple[str, ...]:
    """What the tests may ask about: the properties of the chosen signals and a signal's own fields."""
    found = dict.fromkeys(FIELDS)
    if condition:
        for kind in condition.kinds:
            for name in condition.names:
                found |= dict.fromkeys(field.key for field in observed.fields(workspace, kind, name))
    return tuple(sorted(found))


def suggestions(title: str, names: tuple[ObservedName, ...], *, limit: int = 3) -> tuple[ObservedName, ...]:
    """Observed names that read like the step's title: "I connect my data" finds "Data Connected"."""
    scored = [(_likeness(title, name.name), name) for name in names]
    likely = sorted((row for row in scored if row[0] >= 0.45), key=lambda row: (-row[0], -row[1].n))
    return tuple(name for _, name in likely[:limit])


def _likeness(title: str, name: str) -> float:
    filler = {"i", "my", "we", "a", "an", "the", "to", "it", "is", "of", "our", "and", "me", "for"}
    wanted = [_stem(word) for word in plain(title).split() if word not in filler]
    found = [_stem(word) for word in plain(name).split() if word not in filler]
    if not wanted or not found:
        return 0.0
    shared = len(set(wanted) & set(found)) / len(set(found))
    return (
        0.7 * shared + 0.3 * SequenceMatcher(None, " ".join(sorted(wanted)), " ".join(sorted(found))).ratio()
    )


def _stem(word: str) -> str:
    for ending in ("ing", "ed", "es", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word
