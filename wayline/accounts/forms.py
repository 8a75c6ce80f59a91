from zoneinfo import available_timezones

from django import forms
from django.contrib.auth.password_validation import validate_password

from .models import Key, Right, Role, User


def timezones() -> list[tuple[str, str]]:
    return [(name, name.replace("_", " ")) for name in sorted(available_timezones())]


class WorkspaceForm(forms.Form):
    name = forms.CharField(max_length=120)
    timezone = forms.ChoiceField(label="Time zone", choices=timezones, initial="UTC")
    currency = forms.CharField(
        max_length=3,
        initial="EUR",
        required=False,
        help_text="Three letters, such as EUR: what money is said in.",
    )


class InviteForm(forms.Form):
    email = forms.EmailField(label="E-mail")
    role = forms.ChoiceField(choices=Role, initial=Role.CONTRIBUTOR)


class RoleForm(forms.Form):
    role = forms.ChoiceField(choices=Role)


class RightsForm(forms.Form):
    rights = forms.MultipleChoiceField(choices=Right, required=False)


class KeyForm(forms.Form):
    kind = forms.ChoiceField(choices=Key.Kind)
    name = forms.CharField(max_length=120, label="What uses it")
    role = forms.ChoiceField(choices=Role, initial=Role.VIEWER, required=False, label="Role (API keys)")

    def clean_role(self) -> str:
        return self.cleaned_data["role"] or "viewer"


class AcceptForm(forms.Form):
    name = forms.CharField(max_length=200, label="Your name")
    password = forms.CharField(
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least 10 characters.",
    )

    def __init__(self, *args, email: str, **kwargs):
        super().__init__(*args, **kwargs)
        self.email = email

    def clean(self):
        password = self.cleaned_data.get("password")
        if password:
            try:
                validate_password(password, User(email=self.email, name=self.cleaned_data.get("name", "")))
            except forms.ValidationError as error:
                self.add_error("password", error)
        return self.cleaned_data
