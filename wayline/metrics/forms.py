from dataclasses import replace
from datetime import timedelta

from django import forms

from .controls import Controls
from .metric import Metric
from .reading import Reading

WITHIN = (("", "Usual window"), ("1", "1 day"), ("3", "3 days"), ("7", "7 days"), ("14", "14 days"),
          ("30", "30 days"), ("90", "90 days"))  # fmt: skip
COLUMNS = (
    ("channel", "Channel"),
    ("name", "Name of the signal"),
    ("kind", "Kind of the signal"),
    ("source", "Source"),
    ("step", "Journey step"),
)


class MetricForm(Controls):
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

    def reading(self) -> Reading:
        """The same with what the metric is asked, which the usual reading leaves open."""
        read = super().reading()
        if not self.is_valid():
            return read
        values, within = self.cleaned_data, self.cleaned_data.get("within")
        return replace(
            read,
            **{name: values.get(name, "") for name in ("by", "of", "then")},
            within=timedelta(days=int(within)) if within else None,
        )

    @property
    def selects(self) -> list[forms.BoundField]:
        """The choices that not every page has."""
        return [self[name] for name in ("of", "then", "within", "by") if name in self.fields]


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
