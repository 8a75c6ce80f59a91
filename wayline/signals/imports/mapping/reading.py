"""From YAML that a person wrote to a mapping."""

import re

import yaml
from pydantic import ValidationError

from .problems import MappingNotUnderstood, problem, yaml_problem
from .whole import Mapping

LONGEST_MAPPING = 200_000


class _Loader(yaml.SafeLoader):
    """Safe YAML without what surprises people: yes, no, on, off and dates stay as they are written."""

    # YAML keeps the last of two equal keys in silence: half of somebody's mapping would be gone.

    def construct_mapping(self, node, deep=False):
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, str | int | float | bool) and key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} stands here twice; join the two", key_node.start_mark
                )
            if not isinstance(key, str | int | float | bool | type(None)):
                raise yaml.constructor.ConstructorError(
                    None, None, 'a key must be a word; put "quotes" around it', key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag not in {"tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool", "tag:yaml.org,2002:merge"}
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))


def read(text: str) -> Mapping:
    """The mapping that the YAML says. Raises MappingNotUnderstood with every problem."""
    if len(text) > LONGEST_MAPPING:
        raise MappingNotUnderstood(
            [f"The mapping is longer than {LONGEST_MAPPING:,} characters; shorten it."]
        )
    try:
        # Nine lines of aliases to aliases unfold into gigabytes; nobody needs them in a mapping.
        for token in yaml.scan(text):
            if isinstance(token, yaml.AliasToken):
                line = token.start_mark.line + 1
                raise MappingNotUnderstood(
                    [f"Line {line}: aliases (*name) are not allowed; repeat the words."]
                )
        raw = yaml.load(text, _Loader)  # noqa: S506 - built on the safe loader
    except yaml.YAMLError as error:
        raise MappingNotUnderstood([yaml_problem(error)]) from None
    except (RecursionError, ValueError):  # thousands of nested brackets; numbers that Python does not read
        raise MappingNotUnderstood(
            ["The mapping cannot be read as YAML; begin from the suggestion."]
        ) from None
    if not isinstance(raw, dict):
        raise MappingNotUnderstood(
            ["The mapping must be keys and values, such as signals: with a list below it."]
        )
    try:
        return Mapping.model_validate(raw)
    except ValidationError as error:
        raise MappingNotUnderstood([problem(one) for one in error.errors()]) from None
