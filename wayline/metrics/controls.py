"""What every page of numbers lets one choose, by GET, under the same names: the period and the customers."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

from wayline.signals import segment_lines

from .periods import ALL, DATES, DEFAULT_PERIOD, EARLIEST, LATEST, PERIODS, Extent
from .queries import Choice
from .questions import Period
from .reading import Reading, as_query


def _day(label: str) -> forms.DateField:
    return forms.DateField(
        required=False,
        label=label,
        widget=forms.DateInput(attrs={"type": "date"}),
        validators=[
            MinValueValidator(EARLIEST, "Choose a day after 1900."),
            MaxValueValidator(LATEST, "Choose a day before 2200."),
        ],
    )


class PeriodForm(forms.Form):
    """The choice of a period, by GET: the same names and the same meaning on every page."""

    period = forms.ChoiceField(choices=PERIODS, required=False)
    since, until = _day("From"), _day("To")

    def __init__(self, values, *, extent: Extent, usual_period: str = DEFAULT_PERIOD, **settings):
        super().__init__(values, **settings)
        self.extent, self.usual_period = extent, usual_period

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        since, until = values.get("since"), values.get("until")
        if values.get("period") == DATES:
            if until and not since and "since" not in self.errors:
                self.add_error("since", "Choose the first day of the period too.")
            elif since and until and until < since:
                self.add_error("until", "The last day must not lie before the first.")
        return values

    @property
    def period_choice(self) -> str:
        """The period as chosen, or the usual one."""
        return getattr(self, "cleaned_data", {}).get("period") or self.usual_period

    @property
    def shown_days(self) -> tuple[date, date]:
        """The two days as the page offers them for change."""
        return self.extent.days(self.asked_period())

    def asked_period(self) -> Period:
        """What was chosen; the usual period where it is not understood, or the days are not chosen yet."""
        values = self.cleaned_data
        since, until = values.get("since"), values.get("until")
        if self.period_choice != DATES:
            return self.extent.period(self.period_choice)
        if not since or "until" in self.errors:
            return self.extent.period(self.usual_period)
        return self.extent.between(since, until or max(since, self.extent.last_day))


class Controls(PeriodForm):
    """The period and the customers, who are said in one line or by the name of a saved segment."""

    segment = forms.CharField(required=False, max_length=300, label="Customers")

    def __init__(self, values, *, segments: Sequence[Choice] = (), **settings):
        super().__init__(values, **settings)
        self.saved = {segment.words: segment.condition for segment in segments}

    def clean_segment(self):
        line = self.cleaned_data["segment"].strip()
        try:
            return line, segment_lines.parse(line, self.saved)
        except segment_lines.SegmentNotUnderstood as error:
            raise forms.ValidationError(str(error)) from error

    def reading(self) -> Reading:
        """What the form asks; the usual reading where it is not understood."""
        values = self.cleaned_data if self.is_valid() else {}
        line, segment = values.get("segment") or ("", None)
        return Reading(
            period=self.asked_period(),
            timezone=self.extent.timezone,
            is_all=self.period_choice == ALL,
            segment=segment,
            segment_words=line,
        )

    @property
    def segment_line(self) -> str:
        return self.data.get("segment", "").strip()

    @property
    def segment_lines(self) -> list[str]:
        """The customers on offer, and those written in the address by hand."""
        own = self.segment_line
        return [*self.saved, *([own] if own and own not in self.saved else [])]

    @property
    def query(self) -> str:
        """The query string that asks a page about the same period and the same customers."""
        names = ("period", "since", "until", "segment")
        return as_query({name: self.data.get(name) for name in names if name not in self.errors})
