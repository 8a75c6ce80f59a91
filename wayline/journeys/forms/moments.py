from django import forms

from wayline.journeys.models import MomentChange


class ChangeForm(forms.ModelForm):
    """What must change at a moment; whether it is good enough is the operation's to say."""

    class Meta:
        model = MomentChange
        fields = ["what", "kind", "owner", "cost", "status", "due_on"]
        labels = {"what": "What must change", "due_on": "Due"}
        widgets = {"due_on": forms.DateInput({"type": "date"}, format="%Y-%m-%d")}

    def __init__(self, *args, members, currency: str, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = members
        self.fields["owner"].empty_label = "Nobody yet"
        self.fields["cost"].label = f"Cost, {currency}"
        self.fields["kind"].choices = [("", "Choose one"), *MomentChange.Kind.choices]
        self.fields["kind"].error_messages["required"] = (
            "Say whether people, process or technology must change."
        )
        self.fields["what"].required = False  # the operation says what to do
        self.fields["status"].required = False

    def clean_status(self):
        return self.cleaned_data["status"] or self.instance.status
