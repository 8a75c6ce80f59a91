from datetime import timedelta

from django import forms

from .metric import Metric
from .reading import DEFAULT_PERIOD, PERIODS, Reading, between, last_days

WITHIN = (("", "Usual window"), ("1", "1 day"), ("3", "3 days"), ("7", "7 days"), ("14", "14 days"),
          ("30", "30 days"), ("90", "90 days"))  # fmt: skip
COLUMNS = (
    ("channel", "Channel"),
    ("name", "Name of the signal"),
    ("kind", "Kind of the signal"),
    ("source", "Source"),
    ("step", "Journey step"),
)


class ReadingForm(forms.Form):
    """Period, customers and dimension, by GET."""

    period = forms.ChoiceField(choices=PERIODS, required=False)
    start = forms.DateField(required=False, label="From", widget=forms.DateInput(attrs={"type": "date"}))
    end = forms.DateField(required=False, label="To", widget=forms.DateInput(attrs={"type": "date"}))
    segment = forms.ChoiceField(required=False, label="Customers")

    def __init__(self, values, *, last_day, timezone: str, segments=()):
        super().__init__(values)
        self.last_day, self.timezone = last_day, timezone
        self.segments = {segment.key: segment for segment in segments}
        choices = [(segment.key, segment.words) for segment in segments]
        self.fields["segment"].choices = [("", "All customers"), *choices]

    def clean(self) -> dict:
        values = super().clean()
        if values.get("period") == "dates":
            start, end = values.get("start"), values.get("end")
            if bool(start) != bool(end) and not self.errors:
                self.add_error("start" if end else "end", "Choose both the first and the last day.")
            elif start and end and end < start:
                self.add_error("end", "The last day must not lie before the first.")
        return values

    def reading(self) -> Reading:
        """What the form asks; the usual period where it is not understood."""
        values = self.cleaned_data if self.is_valid() else {}
        if values.get("period") == "dates" and values["start"]:
            period = between(values["start"], values["end"], timezone=self.timezone)
        else:
            named = values.get("period") or DEFAULT_PERIOD
            days = int(DEFAULT_PERIOD if named == "dates" else named)
            period = last_days(days, end=self.last_day, timezone=self.timezone)
        within = values.get("within")
        segment = self.segments.get(values.get("segment", ""))
        return Reading(
            period=period,
            timezone=self.timezone,
            segment=segment.condition if segment else None,
            segment_words=segment.words if segment else "",
            by=values.get("by", ""),
            of=values.get("of", ""),
            then=values.get("then", ""),
            within=timedelta(days=int(within)) if within else None,
        )

    @property
    def selects(self) -> list[forms.BoundField]:
        """The choices that not every page has."""
        return [self[name] for name in ("of", "then", "within", "by") if name in self.fields]

    @property
    def chosen(self) -> str:
        """The period as chosen, or the usual one."""
        return self["period"].value() or DEFAULT_PERIOD


class MetricForm(ReadingForm):
    """The same for one metric, with the dimension and the conditions that the metric takes."""

    by = forms.ChoiceField(required=False, label="Split by")
    of = forms.ChoiceField(required=False, label="Starts with")
    then = forms.ChoiceField(required=False, label="Leads to")
    within = forms.ChoiceField(required=False, choices=WITHIN, label="Window")

    def __init__(self, values, *, metric: Metric, names=(), properties=(), traits=(), **settings):
        super().__init__(values, **settings)
        split = [*COLUMNS, *([("scale", "Scale")] if len(metric.scales) > 1 else [])]
        split += [(f"property:{name}", f"Property: {name}") for name in properties]
        split += [(f"trait:{name}", f"Customers: {name}") for name in traits]
        self.fields["by"].choices = [("", "Not split"), *split]
        for name in ("of", "then"):
            if name in metric.takes:
                usual = "Choose a signal" if name in metric.requires else "As defined"
                self.fields[name].choices = [("", usual), *[(each, each) for each in names]]
            else:
                del self.fields[name]
        if "within" not in metric.takes:
            del self.fields["within"]


class TargetForm(forms.Form):
    """A target in the unit that people read: percent, hours, or the metric's own points."""

    value = forms.FloatField(label="Target")
    due_on = forms.DateField(
        required=False, label="Reached by", widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, values=None, *, metric: Metric, **settings):
        super().__init__(values, **settings)
        self.factor = {"%": 100.0, "seconds": 1 / 3600}.get(metric.unit, 1.0)
        word = {"%": "Target in percent", "seconds": "Target in hours"}.get(metric.unit, "Target")
        self.fields["value"].label = word
        self.fields["value"].widget.attrs["step"] = "any"

    def clean_value(self) -> float:
        return self.cleaned_data["value"] / self.factor


class BaselineForm(forms.Form):
    name = forms.CharField(max_length=120, required=False, label="Name")
