from django import forms

from . import queries, registry


class FilterForm(forms.Form):
    by = forms.TypedChoiceField(required=False, coerce=int, empty_value=None, label="Who")
    name = forms.ChoiceField(required=False, label="What")
    subject = forms.CharField(required=False, max_length=200, label="On what")

    def __init__(self, *args, member, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["by"].choices = [("", "Everybody"), *queries.people(member)]
        self.fields["name"].choices = [
            ("", "Everything"),
            *sorted(registry.names().items(), key=lambda n: n[1]),
        ]

    @property
    def filters(self) -> queries.Filters:
        return queries.Filters(**self.cleaned_data) if self.is_valid() else queries.Filters()
