"""Where the pages of a journey are, and what they say."""

from datetime import timedelta

from django.urls import reverse

from wayline.journeys.models import Journey
from wayline.journeys.testing import MONDAY

WHOLE, SHORT = "Order Placed > Order Shipped > Order Delivered", "Order Placed"
LATER = MONDAY + timedelta(days=60)


def page(name, journey, query="?period=all"):
    return reverse(f"journeys:{name}", args=[journey.workspace.slug, journey.pk]) + query


def at_home(step):
    """The step as addresses want it: with the workspace at hand."""
    step.workspace = step.phase.journey.workspace
    return step


def text(answer) -> str:
    return " ".join(answer.content.decode().split())


def post(client, page_name, subject, /, **values):
    workspace = Journey.objects.get().workspace
    return client.post(reverse(f"journeys:{page_name}", args=[workspace.slug, subject.pk]), values)
