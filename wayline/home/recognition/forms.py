from django import forms

from wayline.customers.models import Identity


class BlockForm(forms.Form):
    """A value by which nobody is to be recognised."""

    kind = forms.ChoiceField(choices=Identity.Kind.choices, initial=Identity.Kind.ANONYMOUS_ID)
    value = forms.CharField(max_length=320)
    why = forms.CharField(max_length=200, required=False, help_text="Such as: the till in shop 7.")


class LimitsForm(forms.Form):
    """How large one customer may grow."""

    most_identities = forms.IntegerField(label="Most values of one customer", min_value=2, max_value=10_000)
    most_external_ids = forms.IntegerField(label="Of them external ids", min_value=1, max_value=1_000)
