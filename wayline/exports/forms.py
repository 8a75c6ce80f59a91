from django import forms


class ArrivalForm(forms.Form):
    file = forms.FileField(
        label="Export",
        help_text="The zip that an export of a workspace wrote, here or on another server.",
        widget=forms.FileInput(attrs={"accept": ".zip,application/zip"}),
    )
