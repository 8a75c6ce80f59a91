from django import forms

from .asking import MOST_ROWS

SHOWN_ROWS, SECONDS = 200, 30


class SqlForm(forms.Form):
    """One question; clear personal data only for those with the right to it."""

    sql = forms.CharField(
        label="One SELECT",
        max_length=20_000,
        widget=forms.Textarea(
            attrs={"rows": 8, "class": "code", "spellcheck": "false", "autocapitalize": "off"}
        ),
        help_text=(
            f"DuckDB’s SQL. It ends after {SECONDS} seconds; the page shows {SHOWN_ROWS} rows, "
            f"the CSV up to {MOST_ROWS:,}."
        ),
    )
    is_clear = forms.BooleanField(
        required=False,
        label="Personal data as it is",
        help_text="Otherwise names and contacts are masked. That you opened it is written down.",
    )

    def __init__(self, *given, member, **named):
        super().__init__(*given, **named)
        if not member.has_right("privacy"):
            del self.fields["is_clear"]
