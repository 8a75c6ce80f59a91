"""What pages about journeys understand. Rules that programs must obey too stand in operations."""

from collections.abc import Mapping
from datetime import timedelta

from django import forms
from django.http import QueryDict

from wayline.journeys import conditions
from wayline.journeys.models import Journey
from wayline.journeys.reading import Reading, usual_period
from wayline.journeys.templates_library import Template
from wayline.metrics.controls import PeriodForm
from wayline.metrics.periods import Extent
from wayline.metrics.reading import as_query
from wayline.signals import segment_lines
from wayline.signals.conditions import CustomerCondition, SignalCondition, SignalIs, Test
from wayline.signals.vocabulary import Kind

OPS = (
    ("is", "is"),
    ("is_not", "is not"),
    ("in", "is one of"),
    ("contains", "contains"),
    ("starts_with", "starts with"),
    ("exists", "is known"),
    ("missing", "is missing"),
    ("over", "over"),
    ("at_least", "at least"),
    ("under", "under"),
    ("at_most", "at most"),
)


class SegmentLine(forms.CharField):
    """One line that says who, by the name of a saved segment or in words: it becomes a condition."""

    saved: Mapping[str, CustomerCondition] | None = None

    def __init__(self, **options):
        super().__init__(required=False, max_length=300, **options)

    def clean(self, value):
        line = super().clean(value)
        try:
            return line, segment_lines.parse(line, self.saved)
        except segment_lines.SegmentNotUnderstood as error:
            raise forms.ValidationError(str(error)) from error


class Controls(PeriodForm):
    """The controls above a map, as a plain GET form."""

    window = forms.CharField(required=False, max_length=10)
    start = forms.ChoiceField(choices=Journey.Start.choices, required=False)
    segment = SegmentLine()
    against = SegmentLine()

    def __init__(
        self,
        values,
        *,
        journey: Journey,
        extent: Extent,
        saved: Mapping[str, CustomerCondition] | None = None,
    ):
        super().__init__(values, extent=extent, usual_period=usual_period(journey.window))
        self.saved = saved or {}
        self.fields["segment"].saved = self.fields["against"].saved = self.saved
        self.journey = journey

    def clean_window(self):
        said = self.cleaned_data["window"].strip().lower()
        if not said:
            return self.journey.window
        if said == "none":
            return None
        if not said.isdecimal() or not 1 <= int(said) <= 3650:
            raise forms.ValidationError("Write the window as a number of days from 1 to 3650, or none.")
        return timedelta(days=int(said))

    def reading(self) -> Reading:
        """The reading asked for; what was not understood is read as the journey says."""
        self.is_valid()
        given = self.cleaned_data
        segment_line, segment = given.get("segment") or ("", None)
        against_line, against = given.get("against") or ("", None)
        return Reading(
            period=self.asked_period(),
            period_choice=self.period_choice,
            window=given.get("window", self.journey.window),
            start=given.get("start") or self.journey.start,
            segment=segment,
            segment_line=segment_line,
            against=against,
            against_line=against_line,
            query=as_query({name: self.data.get(name) for name in self.fields if name not in self.errors}),
        )


class NewJourney(forms.Form):
    template = forms.SlugField(required=False)
    title = forms.CharField(required=False, max_length=160)


class Chosen(forms.Form):
    """Which signals are which step of a template: signals-<key> holds kind:name, as often as chosen."""

    source = forms.CharField(required=False, max_length=200)
    only_source = forms.BooleanField(required=False)

    def bindings(self, template: Template) -> dict[str, SignalCondition]:
        """A condition for each step for which something was chosen."""
        self.is_valid()
        given = self.cleaned_data
        source = given.get("source", "") if given.get("only_source") else ""
        found: dict[str, SignalCondition] = {}
        for step in template.steps:
            chosen = [value.partition(":") for value in self.data.getlist(f"signals-{step.key}")]
            pairs = {(kind, name) for kind, _, name in chosen if kind in set(Kind) and name}
            if pairs:
                found[step.key] = SignalIs(
                    kinds=tuple(sorted({kind for kind, _ in pairs})),
                    names=tuple(sorted({name for _, name in pairs})),
                    sources=(source,) if source else (),
                )
        return found


class Settings(forms.ModelForm):
    """What a journey says and how it is measured. An empty window means no limit."""

    class Meta:
        model = Journey
        fields = [
            "title",
            "goal",
            "perspective",
            "persona",
            "owner",
            "status",
            "window_days",
            "start",
            "follow",
        ]
        labels = {
            "perspective": "Who goes through it",
            "window_days": "Window in days",
            "start": "What counts as a start",
            "follow": "What is followed",
        }
        help_texts = {"window_days": "Empty means no limit."}

    def __init__(self, *args, members=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["title"].required = False  # the operation says what to do
        self.fields["owner"].queryset = members
        self.fields["status"].required = self.fields["perspective"].required = False
        self.fields["owner"].empty_label = "Nobody yet"

    def clean_status(self):
        return self.cleaned_data["status"] or self.instance.status

    def clean_perspective(self):
        return self.cleaned_data["perspective"] or self.instance.perspective


class Named(forms.Form):
    """A name that is being given; whether it is good enough is the operation's to say."""

    name = forms.CharField(required=False, strip=True)
    question = forms.CharField(required=False, max_length=200)
    channel = forms.CharField(required=False, max_length=40)


class Move(forms.Form):
    places = forms.IntegerField(min_value=-50, max_value=50)


class Marks(forms.Form):
    is_required = forms.BooleanField(required=False)
    is_repeatable = forms.BooleanField(required=False)
    is_moment = forms.BooleanField(required=False)
    assumed_feeling = forms.FloatField(required=False)


class Binding(forms.Form):
    """Names chosen from those observed (written kind:name), a channel, and up to three tests."""

    signals = forms.MultipleChoiceField(required=False)
    channel = forms.CharField(required=False, max_length=60)
    field_1 = forms.CharField(required=False, max_length=200)
    op_1 = forms.ChoiceField(choices=OPS, required=False)
    value_1 = forms.CharField(required=False, max_length=200)
    field_2 = forms.CharField(required=False, max_length=200)
    op_2 = forms.ChoiceField(choices=OPS, required=False)
    value_2 = forms.CharField(required=False, max_length=200)
    field_3 = forms.CharField(required=False, max_length=200)
    op_3 = forms.ChoiceField(choices=OPS, required=False)
    value_3 = forms.CharField(required=False, max_length=200)

    def clean_signals(self):
        chosen = [value.partition(":") for value in self.data.getlist("signals")]
        if any(kind not in set(Kind) or not name for kind, _, name in chosen):
            raise forms.ValidationError("Choose signals from the list.")
        return [(kind, name) for kind, _, name in chosen]

    def _clean_fields(self):
        # The choices are whatever was observed, which clean_signals reads for itself.
        self.fields["signals"].valid_value = lambda value: True
        super()._clean_fields()

    def clean(self):
        given = super().clean()
        for row in "123":
            field, op, value = (given.get(f"{part}_{row}") for part in ("field", "op", "value"))
            if not field:
                continue
            if op not in ("exists", "missing") and not value:
                self.add_error(f"value_{row}", f"Say what “{field}” should be, or choose “is known”.")
            if op in segment_lines.NUMBERS and value and not _is_number(value):
                self.add_error(f"value_{row}", f"“{value}” is not a number.")
        return given

    ops = OPS

    def rows(self):
        """The tests as the page shows them."""
        for number in "123":
            parts = {part: self.data.get(f"{part}_{number}", "") for part in ("field", "op", "value")}
            problems = self.errors.get(f"field_{number}", []) + self.errors.get(f"value_{number}", [])
            yield {"number": number, "problems": problems, **parts}

    def condition(self) -> SignalIs:
        given = self.cleaned_data
        chosen = given["signals"]
        return SignalIs(
            kinds=tuple(sorted({kind for kind, _ in chosen})),
            names=tuple(sorted({name for _, name in chosen})),
            channels=(given["channel"],) if given["channel"] else (),
            where=tuple(filter(None, (self._test(row) for row in "123"))),
        )

    def _test(self, row: str) -> Test | None:
        field, op, value = (self.cleaned_data[f"{part}_{row}"] for part in ("field", "op", "value"))
        if not field:
            return None
        op = op or "is"
        if op in ("exists", "missing"):
            value = None
        elif op in segment_lines.NUMBERS:
            value = float(value)
        elif op == "in":
            value = [item.strip() for item in value.split(",") if item.strip()]
        return Test.model_validate({"field": field, "op": op, "value": value})


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def bound_values(stored: dict | None) -> QueryDict:
    """The stored condition as the values of the binding form, as far as the form can say it."""
    values = QueryDict(mutable=True)
    condition = conditions.parsed(stored)
    if not isinstance(condition, SignalIs):
        return values
    values.setlist("signals", [f"{kind}:{name}" for kind in condition.kinds for name in condition.names])
    values["channel"] = condition.channels[0] if condition.channels else ""
    for row, test in zip("123", condition.where, strict=False):
        value = ", ".join(test.value) if isinstance(test.value, list) else test.value
        values[f"field_{row}"], values[f"op_{row}"] = test.field, test.op
        values[f"value_{row}"] = "" if value is None else f"{value:g}" if isinstance(value, float) else value
    return values
