"""What pages about opportunities understand. Rules that programs must obey too stand in operations."""

from django import forms

from wayline.accounts.models import Membership, User
from wayline.accounts.queries import people

from .models import Opportunity


class OpportunityForm(forms.Form):
    """What an opportunity says."""

    title = forms.CharField(
        max_length=300, help_text="What would be better: “Connect a source without an engineer”"
    )
    body = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}), max_length=5_000, required=False, label="More about it"
    )


class Described(OpportunityForm):
    """The same with its owner, and what its size is read from."""

    owner = forms.ModelChoiceField(User.objects.none(), required=False, empty_label="Nobody yet")
    basis = forms.ChoiceField(choices=Opportunity.Basis.choices, label="Its size is read from")

    def __init__(self, *args, member: Membership, **options):
        super().__init__(*args, **options)
        self.fields["owner"].queryset = people(member.workspace_id)  # type: ignore[attr-defined]


class EstimateForm(forms.Form):
    """What a customer kept is worth, what it takes, how sure we are."""

    value_low = forms.FloatField(required=False, min_value=0, label="At least")
    value_likely = forms.FloatField(required=False, min_value=0, label="Likely")
    value_high = forms.FloatField(required=False, min_value=0, label="At most")
    effort_low_weeks = forms.FloatField(required=False, min_value=0, label="At least, in weeks")
    effort_high_weeks = forms.FloatField(required=False, min_value=0, label="At most, in weeks")
    confidence = forms.IntegerField(
        min_value=0, max_value=100, initial=50, label="Confidence in percent", help_text="That it would help."
    )


class OverrideForm(forms.Form):
    """A person's judgment in the place of the computed impact."""

    customers = forms.FloatField(min_value=0, label="Customers a month")
    reason = forms.CharField(max_length=300, label="Why the computed number is wrong")
