"""What the overview understands: a period and one of the segments on offer."""

from django import forms

from wayline.journeys import segments
from wayline.journeys.reading import PERIODS
from wayline.metrics.reading import DEFAULT_PERIOD

EVERYBODY = ("", "All customers")


class Controls(forms.Form):
    """The choosers above the overview, a plain GET form."""

    period = forms.ChoiceField(choices=PERIODS, required=False)
    segment = forms.CharField(required=False, max_length=300)

    def clean_period(self):
        return self.cleaned_data["period"] or DEFAULT_PERIOD

    def clean_segment(self):
        line = self.cleaned_data["segment"].strip()
        try:
            segments.parse(line)
        except segments.SegmentNotUnderstood as error:
            raise forms.ValidationError(str(error)) from error
        return line

    @property
    def period_choice(self) -> str:
        return self.cleaned_data.get("period") or DEFAULT_PERIOD

    @property
    def segment_line(self) -> str:
        return self.cleaned_data.get("segment", "")


class Search(forms.Form):
    q = forms.CharField(required=False, max_length=200)
