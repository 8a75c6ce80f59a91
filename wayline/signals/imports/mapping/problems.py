"""What is wrong with a mapping, in sentences that name the key and say what to do."""

from typing import Any

import yaml

from wayline.kit.refusals import Refusal

from .columns import Part
from .computed import Computed, Lookup, PartOf
from .conditions import Test
from .entries import Customers, Signals, Typed
from .files import At, DateRule, FileRules
from .whole import Mapping


class MappingNotUnderstood(Refusal):
    """The mapping cannot be used; each problem names its key and says what to do."""

    status = 422

    def __init__(self, problems: list[str]):
        self.problems = problems
        super().__init__(" ".join(problems))


def yaml_problem(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    place = f"Line {mark.line + 1}, column {mark.column + 1}" if mark else "The mapping"
    return f"{place}: this is not YAML ({problem}). Check the indentation, colons and quotes there."


def problem(error: Any) -> str:
    """One problem as a sentence that names the key and says what to do."""
    place = _place(error["loc"])
    match error["type"]:
        case "extra_forbidden":
            return f"{place}: this key is not known. {_allowed(error['loc'])}"
        case "missing":
            return f"{place}: this key is needed; add it."
        case "value_error":
            sentence = str(error["ctx"]["error"])
            return f"{place}: {sentence}." if place else f"{sentence[0].upper()}{sentence[1:]}."
        case "bool_parsing" | "bool_type":
            return f"{place}: write true or false, not {error['input']!r}."
        case "literal_error":
            return f"{place}: write {error['ctx']['expected']}, not {error['input']!r}."
    message = error["msg"].replace("Input should be", "this should be")
    return f"{place}: {message[0].lower()}{message[1:]}."


def _place(location: tuple) -> str:
    words: list[str] = []
    for part in location:
        if isinstance(part, int) and words:
            words[-1] += f" {part + 1}"
        else:
            words.append(str(part))
    return ", ".join(words)


def _allowed(location: tuple) -> str:
    """Which keys may stand where an unknown one stands."""
    below: dict[str, type[Part]] = {
        "signals": Signals,
        "customers": Customers,
        "file": FileRules,
        "lookups": Lookup,
        "compute": Computed,
        "dates": DateRule,
    }
    model: type[Part] | None = Mapping if len(location) == 1 else below.get(str(location[0]))
    if "at" in location[:-1]:
        model = At
    elif "when" in location[:-1] or "is" in location[:-1]:
        model = Test
    elif "traits" in location[:-1]:
        model = Typed
    elif "part" in location[:-1]:
        model = PartOf
    if model is None:
        return "Remove it."
    keys = [field.alias or name for name, field in model.model_fields.items()]
    return f"Known here: {', '.join(keys)}."
