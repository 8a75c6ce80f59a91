import re
from pathlib import Path

import pytest

from wayline.signals.imports import mapping as mappings
from wayline.signals.imports.mapping import MappingNotUnderstood

GUIDE = Path(__file__).parents[4] / "docs" / "guide" / "imports.md"
EXAMPLES = Path(__file__).parents[4] / "examples"
ENTRY = "  - {kind: answer, name: Rated, at: at, external_id: who%s}\n"


def problems(text: str) -> list[str]:
    with pytest.raises(MappingNotUnderstood) as refused:
        mappings.read(text)
    return refused.value.problems


def signals(more: str = "") -> str:
    return "signals:\n" + ENTRY % more


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("signals: [", "Line 1, column 11: this is not YAML"),
        ("just words", "The mapping must be keys and values"),
        ("", "The mapping must be keys and values"),
        ("signals: []", "Nothing would come of any row; add an entry under signals: or customers:."),
        (signals(", skore: x"), "signals 1, skore: this key is not known. Known here: external_id, email"),
        (signals(", score: x"), "signals 1: a score needs its scale; add scale: with one of nps, csat5"),
        (signals(", scale: nps"), "signals 1: a scale needs a score"),
        (signals(", score: x, scale: stars"), "signals 1, scale: 'stars' is not a scale; write one of nps"),
        (signals().replace("answer", "rating"), "signals 1, kind: 'rating' is not a kind of signal"),
        (signals().replace("at: at, ", ""), "signals 1, at: this key is needed; add it."),
        (signals().replace(", external_id: who", ""), "Signals 1: say whose it is with external_id"),
        (signals(", when: {first: true}"), "First, last and changed need group_by:"),
        (signals(", when: {column: a, equals: b, in: [c]}"), "signals 1, when: say one of equals"),
        (signals(", each: reviews"), "Signals 1: each must name a lookup that says many: each."),
        (signals() + "timezone: Mars\n", "timezone: 'Mars' is not a time zone"),
        (signals() + "decimal: ','\nthousands: ','\n", "Decimal and thousands cannot be the same sign."),
        (signals() + "compute: {late: {after: [a, b], before: [a, b]}}", "compute, late: say exactly one of"),
        (signals() + "file: {encoding: utf-9}", "file, encoding: 'utf-9' is not an encoding"),
        (signals() + "name: a\nname: b\n", "the key 'name' stands here twice"),
        ("a: &a [1]\nb: *a\n", "Line 2: aliases (*name) are not allowed"),
        (signals() + "day_first: maybe\n", "day_first: write true or false, not 'maybe'."),
    ],
)
def test_a_mistake_names_its_key_and_says_what_to_do(text, sentence):
    assert any(sentence in problem for problem in problems(text)), problems(text)


def test_every_mistake_is_told_at_once():
    assert len(problems(signals(", score: x, skore: y") + "timezone: Mars\n")) >= 2


def test_words_stay_as_they_are_written():
    read = mappings.read(signals() + "values: {paid: {yes: null, no: 'off', 0: none}}\n")

    assert read.values == {"paid": {"yes": None, "no": "off", "0": "none"}}


def test_defaults_are_shared_and_may_be_overridden():
    read = mappings.read(
        "defaults: {external_id: who, channel: shop}\nsignals:\n"
        "  - {kind: behavior, name: A, at: at}\n  - {kind: behavior, name: B, at: at, channel: web}\n"
        "customers:\n  - {traits: [plan]}\n"
    )

    assert [(entry.external_id, entry.channel) for entry in read.signals] == [("who", "shop"), ("who", "web")]
    assert read.customers[0].external_id == "who"


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_example_is_a_mapping(path):
    assert mappings.read(path.read_text()).name


def test_the_guide_explains_every_key():
    guide = GUIDE.read_text()
    told = set(re.findall(r"^\| `(\w+)` \|", guide, re.MULTILINE))
    parts = (
        mappings.Mapping, mappings.FileRules, mappings.DateRule, mappings.At, mappings.Test,
        mappings.Computed,
        mappings.PartOf, mappings.Lookup, mappings.Signals, mappings.Customers, mappings.Typed,
    )  # fmt: skip
    known = {field.alias or name for part in parts for name, field in part.model_fields.items()}

    assert told == known


def test_the_mappings_in_the_guide_are_mappings():
    blocks = re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(), re.DOTALL)

    assert blocks
    for block in blocks:
        assert mappings.read(block).signals
