"""What pages about insights understand. Rules that programs must obey too stand in operations."""

from collections.abc import Iterable

from django import forms

from wayline.accounts.models import Membership, User
from wayline.accounts.queries import people
from wayline.journeys import conditions
from wayline.journeys.models import Card
from wayline.metrics.observed import ObservedName
from wayline.signals.conditions import SignalIs, Test

from .models import Evidence, Insight

KINDS = [(kind, label) for kind, label in Card.Kind.choices if kind in Insight.KINDS]


class InsightForm(forms.Form):
    """What an insight says. Title, body and owner are its card's."""

    title = forms.CharField(
        max_length=300, help_text="In the customer's words where you can: “I waited for …”"
    )
    kind = forms.ChoiceField(choices=KINDS, initial=Card.Kind.PAIN)
    certainty = forms.ChoiceField(
        choices=Insight.Certainty.choices,
        initial=Insight.Certainty.INTERPRETED,
        label="Fact or interpretation",
    )
    body = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 4}), max_length=5_000, required=False, label="More about it"
    )
    fresh_days = forms.IntegerField(
        min_value=1,
        max_value=3_650,
        initial=90,
        label="Stale after",
        help_text="Days without newer evidence until it says that it is stale.",
    )


class Described(InsightForm):
    """The same with the owner, for an insight that is there."""

    owner = forms.ModelChoiceField(User.objects.none(), required=False, empty_label="Nobody yet")

    def __init__(self, *args, member: Membership, **options):
        super().__init__(*args, **options)
        self.fields["owner"].queryset = people(member.workspace_id)  # type: ignore[attr-defined]


class EvidenceForm(forms.Form):
    """One piece of evidence: signals that show it, or what somebody said."""

    kind = forms.ChoiceField(choices=Evidence.Kind.choices, initial=Evidence.Kind.SIGNALS)
    signals = forms.MultipleChoiceField(
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 8}),
        help_text="For answers, messages and signals. Several names mean any of them.",
    )
    contains = forms.CharField(
        required=False, max_length=200, label="Whose words contain", help_text="Upper and lower case count."
    )
    field = forms.CharField(required=False, max_length=200, label="Where", help_text="A property or @score.")
    op = forms.ChoiceField(required=False, choices=list(conditions.SAYS.items()), label="Test")
    value = forms.CharField(required=False, max_length=300, label="Value")
    text = forms.CharField(
        required=False,
        max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        label="What was said or seen",
        help_text="For interviews and notes.",
    )
    said_by = forms.CharField(
        required=False, max_length=160, label="By whom", help_text="A role is enough: “a new administrator”."
    )
    said_on = forms.DateField(
        required=False, widget=forms.DateInput(attrs={"type": "date"}), label="On which day"
    )

    def __init__(self, *args, names: Iterable[ObservedName] = (), **options):
        super().__init__(*args, **options)
        offered = [(f"{name.kind}:{name.name}", f"{name.name} ({name.kind}, {name.n:,})") for name in names]
        self.fields["signals"].choices = offered  # type: ignore[attr-defined]

    def condition(self) -> SignalIs | None:
        """What the form asks of signals; None where it asks nothing."""
        told = self.cleaned_data
        chosen = [value.split(":", 1) for value in told["signals"]]
        tests = []
        if told["contains"]:
            tests.append(Test(field="@text", op="contains", value=told["contains"]))
        if told["field"]:
            tests.append(Test(field=told["field"], op=told["op"] or "is", value=_value(told)))
        if not chosen and not tests:
            return None
        return SignalIs(
            kinds=tuple(sorted({kind for kind, _ in chosen})),
            names=tuple(sorted({name for _, name in chosen})),
            where=tuple(tests),
        )

    def asked(self) -> dict:
        """What the operation takes."""
        told = self.cleaned_data
        if told["kind"] in Evidence.MEASURED:
            return {"kind": told["kind"], "condition": self.condition()}
        return {name: told[name] for name in ("kind", "text", "said_by", "said_on")}


def _value(told: dict) -> str | float | list[str] | None:
    if told["op"] in ("exists", "missing"):
        return None
    if told["op"] == "in":
        return [each.strip() for each in told["value"].split(",") if each.strip()]
    try:
        return float(told["value"])
    except ValueError:
        return told["value"]
