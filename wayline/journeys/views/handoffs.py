from django import forms
from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_POST

from wayline.accounts import access
from wayline.journeys import operations
from wayline.journeys.models import Handoff, Journey, Placement
from wayline.journeys.queries import handoffs as found_handoffs
from wayline.journeys.views.find import controls_of, journey_of
from wayline.kit.pages import show
from wayline.kit.refusals import Refusal

from . import answers

UNITS = {"minutes": 1, "hours": 60, "days": 24 * 60}


class HandoffForm(forms.Form):
    """The wait that is expected, and the signals by which it is measured."""

    label = forms.CharField(required=False, max_length=120)
    wait = forms.FloatField(required=False, min_value=0, max_value=1_000_000)
    unit = forms.ChoiceField(required=False, choices=[(each, each) for each in UNITS])
    begins_with = forms.CharField(required=False, max_length=200)
    ends_with = forms.CharField(required=False, max_length=200)

    @property
    def said(self) -> dict:
        given = dict(self.cleaned_data)
        wait, unit = given.pop("wait"), given.pop("unit") or "hours"
        return given | {"expected_minutes": None if wait is None else round(wait * UNITS[unit])}


@require_GET
@access.member("viewer")
def handoffs(request, journey_id):
    """Where work waits between two cards of the blueprint: expected, and measured."""
    return show_handoffs(request, journey_of(request, journey_id))


def show_handoffs(request, journey: Journey, *, refused="", status=200):
    controls = controls_of(request, journey)
    reading = controls.reading()
    drawn, ends = found_handoffs.of_journey(journey, reading), found_handoffs.ends_of(journey)
    source, target = found_handoffs.next_ends(ends, drawn)
    # What was written into a new one that is refused stays written.
    refused_one = request.POST.dict() if "source" in request.POST else {}
    context = {
        "journey": journey,
        "controls": controls,
        "reading": reading,
        "handoffs": drawn,
        "ends": ends,
        "given": {"source": str(source), "target": str(target), "unit": "hours"} | refused_one,
        "units": UNITS,
        "refused": refused,
    }
    return show(request, "journeys/handoffs/handoffs.html", context, fragment="living", status=status)


def _placement(request, journey: Journey, said: str) -> Placement:
    rows = Placement.objects.visible_to(request.member).filter(journey=journey)
    key = said if said.isdecimal() and len(said) < 10 else 0
    return get_object_or_404(rows.select_related("card", "journey", "step"), pk=key)


def _handoff(request, handoff_id: int) -> Handoff:
    rows = Handoff.objects.visible_to(request.member)
    return get_object_or_404(
        rows.select_related("journey__workspace", "source__card", "target__card"), pk=handoff_id
    )


def _change(request, journey: Journey, act, said: str):
    """Do what the form says, then go back to the page; a refusal shows it with the sentence."""
    form = HandoffForm(request.POST)
    try:
        if not form.is_valid():
            name, problems = next(iter(form.errors.items()))
            return show_handoffs(request, journey, refused=f"{name.title()}: {problems[0]}", status=422)
        act(form.said)
    except Refusal as refusal:
        return show_handoffs(request, journey, refused=str(refusal), status=409)
    messages.success(request, said)
    return redirect("journeys:handoffs", request.workspace.slug, journey.pk)


@require_POST
@access.member("contributor")
def add(request, journey_id):
    """Draw a handoff between two cards."""
    journey = journey_of(request, journey_id)
    source, target = (
        _placement(request, journey, request.POST.get(name, "")) for name in ("source", "target")
    )
    return _change(
        request,
        journey,
        lambda said: operations.add_handoff(source, target, **said, **answers.by(request)),
        "Drew the handoff.",
    )


@require_POST
@access.member("contributor")
def describe(request, handoff_id):
    """Another wait, other words, other signals."""
    found = _handoff(request, handoff_id)
    return _change(
        request,
        journey_of(request, found.journey_id),
        lambda said: operations.describe_handoff(found, **said, **answers.by(request)),
        "Changed the handoff.",
    )


@require_POST
@access.member("contributor")
def delete(request, handoff_id):
    """Take a handoff away; undo on the map brings it back."""
    found = _handoff(request, handoff_id)
    operations.delete_handoff(found, **answers.by(request))
    messages.success(request, f"Took away “{found}”. Undo on the map brings it back.")
    return redirect("journeys:handoffs", request.workspace.slug, found.journey_id)
