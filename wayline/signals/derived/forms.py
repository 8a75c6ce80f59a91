from typing import Any

from django import forms
from pydantic import ValidationError

from . import words
from .rules import RULE, Rule

SIGNALS = {"rows": 3, "spellcheck": "false", "placeholder": "behavior: Order Placed"}
HELP = "One a line: a kind and a name, or * for any, like “contact: *”."


class RuleForm(forms.Form):
    """The fields that the type of rule has; conditions that lines cannot say are kept as they are."""

    name = forms.CharField(max_length=200, label="Name of the derived signal")

    def __init__(self, data=None, *, name: str, rule: Rule):
        super().__init__(data, initial={"name": name})
        self.rule = rule
        self.kept = []
        for field, label in (("of", "Signals"), ("then", "Then")):
            condition = getattr(rule, field, None)
            if condition is None:
                continue
            text = words.lines(condition)
            if text is None:
                self.kept.append((label, words.named(condition)))
                continue
            self.fields[field] = forms.CharField(
                label=label, max_length=5_000, help_text=HELP, widget=forms.Textarea(SIGNALS), initial=text
            )
        for field, made in EXTRA.items():
            if hasattr(rule, field):
                self.fields[field] = made(getattr(rule, field))

    def clean(self) -> dict:
        said = super().clean()
        changes: dict[str, Any] = {}
        for field in self.fields:
            if field == "name" or field not in said:
                continue
            try:
                changes[field] = words.read(said[field]) if field in {"of", "then"} else said[field]
            except words.LineUnclear as unclear:
                self.add_error(field, str(unclear))
        try:
            self.rule = RULE.validate_python(self.rule.model_dump() | _dumped(changes))
        except ValidationError as error:
            for problem in error.errors():
                field = str(problem["loc"][1]) if len(problem["loc"]) > 1 else None
                self.add_error(field if field in self.fields else None, problem["msg"])
        return said


def _dumped(changes: dict) -> dict:
    return {
        name: each.model_dump() if hasattr(each, "model_dump") else each for name, each in changes.items()
    }


def _number(label: str, **limits):
    return lambda value: forms.IntegerField(label=label, initial=value, **limits)


EXTRA = {
    "field": lambda value: forms.CharField(
        label="Property that changes", max_length=200, initial=value, help_text="Or @channel, @source, @step."
    ),
    "within_hours": _number("Within hours", min_value=1, max_value=24 * 366),
    "days": _number("Days of silence", min_value=1, max_value=366),
    "about": lambda value: forms.ChoiceField(
        label="Looked at together",
        choices=(("customer", "All of a customer"), ("subject", "Those about the same subject")),
        initial=value,
    ),
    "on_another_channel": lambda value: forms.BooleanField(
        label="Only on another channel", required=False, initial=value
    ),
    "chance": lambda value: forms.FloatField(
        label="False alarms",
        min_value=0.0001,
        max_value=0.1,
        initial=value,
        help_text="The share of steady weeks that may be taken for a fall: 0.01 is one in a hundred.",
    ),
}
