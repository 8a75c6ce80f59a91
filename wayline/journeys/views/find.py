"""Finding what the member may see, and how it is asked to be read."""

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from wayline.journeys import forms, queries
from wayline.journeys.models import Journey
from wayline.metrics import periods


def journey_of(request, journey_id: int) -> Journey:
    return get_object_or_404(Journey.objects.visible_to(request.member).with_steps(), pk=journey_id)


def controls_of(request, journey: Journey) -> forms.Controls:
    """The controls as the request set them, on the data there is."""
    return forms.Controls(
        request.GET,
        journey=journey,
        extent=periods.extent_of(request.workspace, now=timezone.now()),
        saved=queries.saved_segments(request.member),
    )


def address_of(request, journey: Journey, query: str):
    """Where the people behind a number are listed, read the same way as the page."""
    page = reverse("journeys:people", args=[request.workspace.slug, journey.pk])

    def address(step: str, state: str, side: str) -> str:
        parts = [
            f"step={step}" if step else "",
            f"state={state}",
            "side=against" if side == "against" else "",
            query,
        ]
        return f"{page}?{'&'.join(part for part in parts if part)}"

    return address
