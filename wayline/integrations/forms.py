from django import forms

from wayline.audit import registry


class WebhookForm(forms.Form):
    name = forms.CharField(max_length=120, label="What receives it")
    url = forms.CharField(max_length=1000, label="Address", help_text="Begins with https://.")
    activities = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        label="Activities",
        help_text="One on each line, as erasure.finished, or a beginning with a dot, as journey. Empty: all.",
    )

    def clean_activities(self) -> list[str]:
        chosen = [line.strip() for line in self.cleaned_data["activities"].splitlines() if line.strip()]
        known = registry.names()
        for each in chosen:
            if each not in known and not (
                each.endswith(".") and any(name.startswith(each) for name in known)
            ):
                raise forms.ValidationError(f"There is no activity {each[:80]}.")
        return chosen


class ChangeForm(WebhookForm):
    is_enabled = forms.BooleanField(required=False, label="Switched on")
