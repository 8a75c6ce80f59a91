from django import forms

from wayline.customers.models import Identity
from wayline.signals.vocabulary import Kind

from .findings import FINDINGS
from .retention import LONGEST, SHORTEST


class EraseForm(forms.Form):
    reason = forms.CharField(
        max_length=300, label="Why", help_text="For example: request of 3 November, ticket 4711. No names."
    )
    confirmation = forms.CharField(
        max_length=40, label="Confirmation", widget=forms.TextInput(attrs={"autocomplete": "off"})
    )


class FindForm(forms.Form):
    kind = forms.ChoiceField(choices=Identity.Kind, label="What you have")
    value = forms.CharField(max_length=320)


class RetentionForm(forms.Form):
    kind = forms.ChoiceField(
        required=False,
        label="Kind of signal",
        choices=[
            ("", "Every kind without a rule"),
            *((kind.value, kind.value.capitalize()) for kind in Kind),
        ],
    )
    days = forms.IntegerField(
        required=False,
        min_value=SHORTEST,
        max_value=LONGEST,
        label="Days to keep",
        help_text="Leave empty to keep them for ever.",
    )


class MaskForm(forms.Form):
    findings = forms.MultipleChoiceField(
        required=False,
        label="Mask on the way in",
        choices=[(slug, finding.label) for slug, finding in FINDINGS.items()],
        widget=forms.CheckboxSelectMultiple,
    )
