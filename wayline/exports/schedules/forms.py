from django import forms

from wayline.exports.models import Schedule
from wayline.metrics.catalog import METRICS
from wayline.signals.models import Segment
from wayline.signals.vocabulary import Kind

from .operations import MOST_DAYS

BY = ("", "day", "week", "month", "channel", "name", "step")


class ScheduleForm(forms.Form):
    """What each choice needs stands in a field of its own; the others are left alone."""

    name = forms.CharField(max_length=120, label="Name", help_text="Like: Complaints for the Monday meeting.")
    what = forms.ChoiceField(choices=Schedule.What.choices, label="What is written")
    metric = forms.ChoiceField(required=False, label="Metric", help_text="For answers of a metric.")
    by = forms.ChoiceField(
        required=False,
        label="Split by",
        choices=[(each, each or "not split") for each in BY],
        help_text="For answers of a metric.",
    )
    segment = forms.ChoiceField(required=False, label="Segment", help_text="For customers of a segment.")
    kind = forms.MultipleChoiceField(
        required=False,
        label="Kinds",
        choices=[("", "any")] + [(str(each.value), str(each.value)) for each in Kind],
        widget=forms.SelectMultiple(attrs={"size": 5}),
        help_text="For signals. Several with Ctrl or ⌘.",
    )
    signal = forms.CharField(
        required=False,
        max_length=4_000,
        label="Signal names",
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="For signals: one on each line.",
    )
    every = forms.ChoiceField(choices=Schedule.Every.choices, label="When")
    hour = forms.IntegerField(min_value=0, max_value=23, initial=6, label="Hour, by the workspace’s clock")
    kept_days = forms.IntegerField(min_value=1, max_value=MOST_DAYS, initial=30, label="Days a file is kept")
    tells = forms.BooleanField(
        required=False,
        label="Tell webhooks",
        help_text="Webhooks that hear of scheduled_file.written get a signed notice of each file.",
    )
    is_clear = forms.BooleanField(
        required=False, label="Personal data as it is", help_text="Otherwise names and contacts are masked."
    )

    def __init__(self, *given, member, schedule: Schedule | None = None, **named):
        super().__init__(*given, initial=_written(schedule) if schedule else None, **named)
        free = sorted(metric.name for metric in METRICS.values() if not metric.requires)
        slugs = {metric.name: slug for slug, metric in METRICS.items()}
        self.fields["metric"].choices = [(slugs[name], name) for name in free]
        own = Segment.objects.visible_to(member).values_list("pk", "name")
        self.fields["segment"].choices = [("", "choose")] + [(str(pk), name) for pk, name in own]
        by = schedule.said.get("by") or "" if schedule else ""
        if by not in BY:  # a program may split by any dimension
            self.fields["by"].choices = [*self.fields["by"].choices, (by, by)]
        if not member.has_right("privacy"):
            del self.fields["is_clear"]

    def said(self) -> dict:
        """What is written, as the operation takes it."""
        clean = self.cleaned_data
        chosen = {
            "metric": {"metric": clean["metric"], "by": clean["by"]},
            "segment": {"segment": int(clean["segment"] or 0)},
            "signals": {
                "kinds": [each for each in clean["kind"] if each],
                "names": [line.strip() for line in clean["signal"].splitlines() if line.strip()],
            },
        }
        return chosen.get(clean["what"], {})

    def asked(self) -> dict:
        """Everything but who asks, as the operations take it."""
        clean = self.cleaned_data
        names = ("name", "what", "every", "hour", "kept_days", "tells")
        return {name: clean[name] for name in names} | {
            "said": self.said(),
            "is_clear": clean.get("is_clear", False),
        }


def _written(schedule: Schedule) -> dict:
    said = schedule.said
    names = ("name", "what", "every", "hour", "kept_days", "tells", "is_clear")
    return {name: getattr(schedule, name) for name in names} | {
        "metric": said.get("metric", ""),
        "by": said.get("by") or "",
        "segment": str(said.get("segment") or ""),
        "kind": said.get("kinds", []),
        "signal": "\n".join(said.get("names", ())),
    }
