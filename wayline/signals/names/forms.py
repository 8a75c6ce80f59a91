from django import forms

from wayline.accounts.models import Membership

from . import queries
from .expected import Expected, LineUnclear, read
from .models import Term


class TermForm(forms.Form):
    meaning = forms.CharField(
        required=False,
        max_length=2_000,
        label="Meaning",
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "What happened, and when it is sent"}),
    )
    owner = forms.ModelChoiceField(
        queryset=None, required=False, empty_label="Nobody yet", label="Who answers for it"
    )
    expected = forms.CharField(
        required=False,
        max_length=20_000,
        label="Expected properties",
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        help_text=(
            "One a line, like “total: number, required”. Types are text, number, boolean, time and structure."
        ),
    )

    def __init__(self, *args, member: Membership, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = queries.owners(member)

    def clean_expected(self) -> list[Expected]:
        try:
            return read(self.cleaned_data["expected"])
        except LineUnclear as unclear:
            raise forms.ValidationError(str(unclear)) from unclear


class MergeForm(forms.Form):
    into = forms.CharField(
        max_length=200,
        label="True name",
        widget=forms.TextInput(attrs={"list": "true-names", "autocomplete": "off"}),
    )

    def __init__(self, *args, term: Term, **kwargs):
        super().__init__(*args, **kwargs)
        self.term = term

    def clean_into(self) -> Term:
        found = queries.true_names(self.term).filter(name=self.cleaned_data["into"]).first()
        if found is None:
            raise forms.ValidationError(
                f"No other name of the kind {self.term.kind} is written so. Choose one of the list."
            )
        return found
