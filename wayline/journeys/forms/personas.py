from django import forms

from wayline.journeys.models import Journey, Persona
from wayline.journeys.operations.personas import LISTS
from wayline.signals.models import Segment


class Lines(forms.CharField):
    """Sentences, one a line."""

    def __init__(self, **options):
        super().__init__(required=False, widget=forms.Textarea(attrs={"rows": 4}), **options)

    def prepare_value(self, value):
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value):
        return [line.strip() for line in (super().clean(value) or "").splitlines() if line.strip()]


class PersonaForm(forms.Form):
    name = forms.CharField(required=False, max_length=400)
    summary = forms.CharField(required=False, max_length=300, help_text="Who this is, in one sentence")
    upload = forms.FileField(
        required=False,
        label="Picture",
        help_text="JPEG, PNG, WebP or GIF up to 10 MB; kept small and without its metadata",
        widget=forms.FileInput(attrs={"accept": "image/*"}),
    )
    picture_alt = forms.CharField(
        required=False,
        max_length=200,
        label="What the picture shows",
        help_text="For those who cannot see it",
    )
    no_picture = forms.BooleanField(required=False, label="Take the picture away")
    segment = forms.ModelChoiceField(
        Segment.objects.none(),
        required=False,
        empty_label="No segment: without live numbers",
        help_text="Bound to a segment, the persona shows its size, scores, losses and who leaves",
    )
    needs = Lines(help_text="One a line")
    jobs = Lines(label="Jobs to be done", help_text="One a line: When …, I want to …, so that …")
    behaviors = Lines(label="Behaviors", help_text="One a line")
    quotes = Lines(help_text="Real sentences, one a line")
    channels = Lines(help_text="One a line")
    evidence = forms.ChoiceField(choices=Persona.Evidence.choices, required=False)
    evidence_note = forms.CharField(
        required=False, max_length=300, help_text="What stands behind it: 12 interviews, May 2026"
    )
    journeys = forms.ModelMultipleChoiceField(
        Journey.objects.none(), required=False, widget=forms.SelectMultiple(attrs={"size": 6})
    )

    def __init__(self, *args, member, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["segment"].queryset = Segment.objects.visible_to(member)
        self.fields["journeys"].queryset = Journey.objects.visible_to(member).current()

    def clean_evidence(self):
        return self.cleaned_data["evidence"] or Persona.Evidence.ASSUMED

    @staticmethod
    def values_of(persona: Persona) -> dict:
        """What the form shows of a persona that is there."""
        plain = ("name", "summary", "picture_alt", "segment", "evidence", "evidence_note", *LISTS)
        return {name: getattr(persona, name) for name in plain} | {"journeys": persona.journeys.all()}
