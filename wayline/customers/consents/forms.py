from django import forms

from wayline.customers import consent


class ConsentForm(forms.Form):
    purpose = forms.CharField(
        max_length=consent.LONGEST_PURPOSE, widget=forms.TextInput(attrs={"list": "purposes"})
    )
    channel = forms.CharField(
        max_length=consent.LONGEST_CHANNEL,
        required=False,
        help_text="Leave empty for every channel.",
        widget=forms.TextInput(attrs={"list": "channels"}),
    )
    is_granted = forms.TypedChoiceField(
        label="The customer",
        choices=[("yes", "allows it"), ("no", "does not allow it")],
        coerce=lambda word: word == "yes",
    )
    note = forms.CharField(
        max_length=300, label="How we know", help_text="For example: by phone, ticket 4711."
    )

    def clean_purpose(self) -> str:
        purpose = self.cleaned_data["purpose"]
        if not consent.slug(purpose):
            raise forms.ValidationError("Name the purpose with letters, for example marketing.")
        return purpose
