from django import forms


class Files(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files, or none."""

    def clean(self, chosen, initial=None):
        return [super(FilesField, self).clean(one, initial) for one in chosen or [] if one]


class UploadForm(forms.Form):
    file = forms.FileField(
        label="File", help_text="CSV, JSON lines, Parquet or an XES event log; zip or gz of one file is fine."
    )
    beside = FilesField(
        label="Further files",
        required=False,
        widget=Files(attrs={"multiple": True}),
        help_text="Files that the mapping looks things up in, such as the customers of the orders.",
    )


class MappingForm(forms.Form):
    mapping = forms.CharField(
        label="Mapping",
        strip=False,
        max_length=200_000,
        widget=forms.Textarea(attrs={"rows": 28, "spellcheck": "false", "class": "code", "wrap": "off"}),
    )
