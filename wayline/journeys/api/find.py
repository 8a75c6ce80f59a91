"""Finding the journey that a program names, among those it may see."""

from django.shortcuts import get_object_or_404

from wayline.journeys.models import Journey


def journey_of(request, journey_id: int) -> Journey:
    found = Journey.objects.visible_to(request.member).select_related("workspace")
    return get_object_or_404(found, pk=journey_id)


def drawn_journey_of(request, journey_id: int) -> Journey:
    """The same with its phases, steps and touchpoints."""
    found = Journey.objects.visible_to(request.member).select_related("workspace")
    return get_object_or_404(found.with_steps(), pk=journey_id)
