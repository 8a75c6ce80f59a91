from django import forms
from django.forms import BaseFormSet, formset_factory

from .conditions import (
    MOST_DAYS,
    AllCustomers,
    AnyCustomer,
    CustomerCondition,
    Did,
    NotCustomer,
    SignalIs,
    Telling,
    Test,
    TraitIs,
)
from .filters import UNKNOWN
from .vocabulary import Kind

TESTS = (
    ("is", "is"),
    ("is_not", "is not"),
    ("contains", "contains"),
    ("starts_with", "starts with"),
    ("over", "is over"),
    ("at_least", "is at least"),
    ("under", "is under"),
    ("at_most", "is at most"),
    ("exists", "is known"),
    ("missing", "is missing"),
)
NUMBERS = {"over", "at_least", "under", "at_most"}
TELLING = ("by", "when", "days")
TIMES = (("", "at any time"), ("within_days", "in the last … days"), ("before_days", "more than … days ago"))
BLANK_ROWS = 2


class SegmentName(forms.Form):
    name = forms.CharField(max_length=120, label="Name")
    match = forms.ChoiceField(
        choices=(("all", "All of these hold"), ("any", "Any of these holds")), label="Customers of whom"
    )


class TraitRow(forms.Form):
    field = forms.CharField(
        max_length=200,
        required=False,
        label="Trait",
        widget=forms.TextInput(attrs={"list": "trait-names", "placeholder": "like: plan"}),
    )
    op = forms.ChoiceField(choices=TESTS, required=False, label="Test")
    value = forms.CharField(max_length=500, required=False, label="Value")
    by = forms.ChoiceField(required=False, label="Told by")
    when = forms.ChoiceField(choices=TIMES, required=False, label="Told")
    days = forms.IntegerField(min_value=1, max_value=MOST_DAYS, required=False, label="Days")

    def __init__(self, *args, sources: dict[str, str], **kwargs):
        super().__init__(*args, **kwargs)
        named = {"": "anybody"} | sources | {UNKNOWN: "not remembered"}
        # A source that is gone from the list stays chosen where it was.
        kept = self.initial.get("by", "")
        self.fields["by"].choices = list(({kept: kept} | named).items())

    @property
    def tests(self) -> list[forms.BoundField]:
        return [self[name] for name in ("field", "op", "value")]

    @property
    def telling(self) -> list[forms.BoundField]:
        return [self[name] for name in TELLING]

    @property
    def is_told(self) -> bool:
        """Whether the row asks for it, or was meant to."""
        return any(self[name].value() or self[name].errors for name in TELLING)

    def clean(self) -> dict:
        said = super().clean()
        _check_test(self, said, "trait")
        when, days = said.get("when"), said.get("days")
        if not said.get("field") and (said.get("by") or when or days):
            self.add_error("field", "Name the trait that was told.")
        elif when and not days and "days" not in self.errors:
            self.add_error("days", "Say how many days, for example 90.")
        elif days and not when:
            self.add_error("when", "Say whether within so many days or longer ago.")
        if said.get("op") == "missing" and (said.get("by") or when):
            self.add_error("op", "A trait that is missing was told by nobody. Test whether it is known.")
        return said

    def condition(self) -> TraitIs | None:
        """The row as a condition; None when it is blank."""
        said = self.cleaned_data
        test = _test(said)
        if test is None:
            return None
        spans = {said["when"]: said["days"]} if said["when"] else {}
        told = Telling(by=(said["by"],) if said["by"] else (), **spans)
        return TraitIs(test=test, told=None if told == Telling() else told)


def _check_test(form: forms.Form, said: dict, thing: str) -> None:
    """Hold a row's test of a trait or a property to the rules of tests; a number becomes one."""
    field, op, value = said.get("field"), said.get("op"), said.get("value")
    if not field:
        if value:
            form.add_error("field", f"Name the {thing} this value belongs to.")
        return
    if op not in {"exists", "missing"} and not value:
        form.add_error("value", f"Say what the {thing} is compared with.")
    if op in NUMBERS and value:
        try:
            said["value"] = float(value)
        except ValueError:
            form.add_error("value", "Write a number, for example 10 or 2.5.")


def _test(said: dict) -> Test | None:
    if not said.get("field"):
        return None
    op = said["op"] or "is"
    value = None if op in {"exists", "missing"} else said["value"]
    return Test.model_validate({"field": said["field"], "op": op, "value": value})


class DidRow(forms.Form):
    did = forms.ChoiceField(
        choices=(("did", "did"), ("did_not", "did not")), required=False, label="Customers"
    )
    name = forms.CharField(
        max_length=200,
        required=False,
        label="Signal",
        widget=forms.TextInput(attrs={"list": "signal-names"}),
    )
    field = forms.CharField(
        max_length=200,
        required=False,
        label="Whose property",
        widget=forms.TextInput(attrs={"list": "property-names", "placeholder": "like: late"}),
    )
    op = forms.ChoiceField(choices=TESTS, required=False, label="Test")
    value = forms.CharField(max_length=500, required=False, label="Value")
    at_least = forms.IntegerField(min_value=1, required=False, label="At least … times")
    within_days = forms.IntegerField(
        min_value=1, max_value=MOST_DAYS, required=False, label="In the last … days"
    )

    def clean(self) -> dict:
        said = super().clean()
        counts = ("field", "value", "at_least", "within_days")
        if not said.get("name") and any(said.get(each) for each in counts):
            self.add_error("name", "Name the signal to count.")
        _check_test(self, said, "property")
        return said

    def condition(self) -> CustomerCondition | None:
        """The row as a condition; None when it is blank. A name may be written kind: name."""
        said = self.cleaned_data
        if not said.get("name"):
            return None
        kind, colon, name = said["name"].partition(": ")
        known = colon and kind in set(Kind)
        test = _test(said)
        signal = SignalIs(
            kinds=(kind,) if known else (),
            names=(name if known else said["name"],),
            where=(test,) if test else (),
        )
        done = Did(signal=signal, at_least=said["at_least"] or 1, within_days=said["within_days"])
        return NotCustomer(of=done) if said["did"] == "did_not" else done


class SegmentForm:
    """The builder: a name, tests of traits, and signals that customers sent or did not."""

    def __init__(
        self,
        data=None,
        *,
        sources: dict[str, str],
        name: str = "",
        condition: CustomerCondition | None = None,
    ):
        match, traits, dids = _as_rows(condition) if condition else ("all", [], [])
        self.name = SegmentName(data, initial={"name": name, "match": match})
        self.traits: BaseFormSet = formset_factory(TraitRow, extra=BLANK_ROWS, max_num=20)(
            data, prefix="traits", initial=traits, form_kwargs={"sources": sources}
        )
        self.dids: BaseFormSet = formset_factory(DidRow, extra=BLANK_ROWS, max_num=20)(
            data, prefix="dids", initial=dids
        )
        self.error = ""

    def is_valid(self) -> bool:
        parts = [self.name.is_valid(), self.traits.is_valid(), self.dids.is_valid()]
        if not all(parts):
            return False
        if not self._rows():
            self.error = "Say at least one thing that is true of the segment's customers."
        return not self.error

    def _rows(self) -> list[CustomerCondition]:
        rows = [form.condition() for form in (*self.traits, *self.dids) if hasattr(form, "cleaned_data")]
        return [row for row in rows if row is not None]

    @property
    def values(self) -> dict:
        """The name and the condition, for an operation."""
        rows = tuple(self._rows())
        joined = AnyCustomer(of=rows) if self.name.cleaned_data["match"] == "any" else AllCustomers(of=rows)
        return {
            "name": self.name.cleaned_data["name"],
            "condition": rows[0] if len(rows) == 1 else joined,
        }


class TooRich(ValueError):
    """The condition says more than the builder's rows can."""


def _as_rows(condition: CustomerCondition) -> tuple[str, list[dict], list[dict]]:
    match = "any" if isinstance(condition, AnyCustomer) else "all"
    parts = condition.of if isinstance(condition, AllCustomers | AnyCustomer) else (condition,)
    traits, dids = [], []
    for part in parts:
        if isinstance(part, TraitIs):
            traits.append(_trait_row(part))
        else:
            dids.append(_did_row(part))
    return match, traits, dids


def _trait_row(part: TraitIs) -> dict:
    told = part.told or Telling()
    spans = {name: days for name in ("within_days", "before_days") if (days := getattr(told, name))}
    if isinstance(part.test.value, list) or len(told.by) > 1 or len(spans) > 1:
        raise TooRich
    ((when, days),) = spans.items() or (("", None),)
    row = {"field": part.test.field, "op": part.test.op, "value": part.test.value}
    return row | {"by": "".join(told.by), "when": when, "days": days}


def _did_row(part: CustomerCondition) -> dict:
    done = part.of if isinstance(part, NotCustomer) else part
    if not isinstance(done, Did) or not isinstance(done.signal, SignalIs) or not _is_simple(done.signal):
        raise TooRich
    test = done.signal.where[0] if done.signal.where else None
    return {
        "did": "did_not" if isinstance(part, NotCustomer) else "did",
        "name": ": ".join((*done.signal.kinds, *done.signal.names)),
        "at_least": done.at_least,
        "within_days": done.within_days,
        **({"field": test.field, "op": test.op, "value": test.value} if test else {}),
    }


def _is_simple(signal: SignalIs) -> bool:
    return (
        len(signal.names) == 1
        and len(signal.kinds) <= 1
        and not (signal.channels or signal.sources)
        and len(signal.where) <= 1
        and not any(isinstance(test.value, list) for test in signal.where)
    )
