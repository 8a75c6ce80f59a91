from django import forms

from wayline.customers.models import Identity
from wayline.customers.trust.operations import LOWEST


class BlockForm(forms.Form):
    """A value by which nobody is to be recognised."""

    kind = forms.ChoiceField(choices=Identity.Kind.choices, initial=Identity.Kind.ANONYMOUS_ID)
    value = forms.CharField(max_length=320)
    why = forms.CharField(max_length=200, required=False, help_text="Such as: the till in shop 7.")


class LimitsForm(forms.Form):
    """How large one customer may grow."""

    most_identities = forms.IntegerField(label="Most values of one customer", min_value=2, max_value=10_000)
    most_external_ids = forms.IntegerField(label="Of them external ids", min_value=1, max_value=1_000)


class TrustForm(forms.Form):
    """Whom to believe: a number for each source, and when a trait is stale."""

    stale_after_days = forms.IntegerField(
        label="A trait is stale after, in days",
        min_value=1,
        max_value=3650,
        required=False,
        help_text="Leave empty: never.",
    )

    def __init__(self, voices: dict[str, str], *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.voices = list(voices)
        for place, label in enumerate(voices.values()):
            self.fields[f"voice{place}"] = forms.IntegerField(
                label=label, min_value=1, max_value=LOWEST, required=False
            )

    def first_values(self, levels: dict[str, int]) -> dict[str, int | None]:
        return {f"voice{place}": levels.get(voice) for place, voice in enumerate(self.voices)}

    def levels(self) -> dict[str, int]:
        said = ((voice, self.cleaned_data[f"voice{place}"]) for place, voice in enumerate(self.voices))
        return {voice: level for voice, level in said if level}
