"""What the pages of the map editor understand."""

from django import forms

from wayline.journeys.models import Card, Journey, Share, Step
from wayline.metrics.catalog import METRICS

CARD_FIELDS = ("kind", "title", "body", "channel", "owner", "metric", "linked_journey", "linked_step")


class CardForm(forms.ModelForm):
    """What a card says. A picture is uploaded, or taken away."""

    metric = forms.ChoiceField(required=False)
    upload = forms.FileField(required=False, label="Picture")
    no_picture = forms.BooleanField(required=False, label="Take the picture away")

    class Meta:
        model = Card
        fields = list(CARD_FIELDS)
        labels = {"body": "More", "linked_journey": "Leads to journey", "linked_step": "Leads to step"}
        widgets = {"title": forms.Textarea({"rows": 2}), "body": forms.Textarea({"rows": 4})}

    def __init__(self, *args, member, members, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = members
        self.fields["owner"].empty_label = "Nobody yet"
        self.fields["linked_journey"].queryset = Journey.objects.visible_to(member)
        self.fields["linked_journey"].empty_label = self.fields["linked_step"].empty_label = "Nowhere"
        self.fields["linked_step"].queryset = Step.objects.visible_to(member).select_related("phase__journey")
        self.fields["metric"].choices = [("", "None"), *((slug, each.name) for slug, each in METRICS.items())]


class ShareForm(forms.Form):
    """Who a link is for, and how long it opens."""

    name = forms.CharField(required=False, max_length=120, label="For whom")
    password = forms.CharField(required=False, max_length=128, widget=forms.PasswordInput)
    last_day = forms.DateField(required=False, widget=forms.DateInput({"type": "date"}), label="Open until")
    may_embed = forms.BooleanField(required=False, label="May be embedded in other sites")
    hide_numbers = forms.BooleanField(required=False, label="Without the measured numbers")

    class Meta:
        model = Share
