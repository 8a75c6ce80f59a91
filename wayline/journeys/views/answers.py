"""How a change of a map is answered: with what the live stream says of it, so that there is one truth."""

from collections.abc import Callable, Collection, Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils import timezone

from wayline.journeys import announcing, live
from wayline.journeys.models import Journey
from wayline.journeys.queries.board import Key
from wayline.kit import live as stream
from wayline.kit.live.models import Message
from wayline.kit.refusals import Refusal


def by(request: HttpRequest) -> dict:
    return {"by": request.user, "now": timezone.now()}


def change(
    request: HttpRequest,
    journey: Journey,
    act: Callable[[], object],
    *,
    truth: Callable[[], Collection[Key]] = tuple,
    to: str = "",
    offers: str = "undo",
) -> HttpResponse:
    """Do it, then answer: the changed cells and a toast for the map's script, else back to the map.

    A refusal is answered with 409 and the cells as they really are (`truth`).
    """
    try:
        with stream.overhearing() as announced:
            said = str(act() or "Saved.")
            if request.htmx:
                return _drawn(journey, announced, said, offers)
    except Refusal as refusal:
        if not request.htmx:
            raise
        html = live.partials(journey, truth()) if truth() else ""
        return HttpResponse(html + toast(str(refusal), is_error=True), status=refusal.status)
    messages.success(request, said)
    return redirect(to or journey.get_absolute_url())


def _drawn(journey: Journey, announced: Sequence[Message], said: str, offers: str) -> HttpResponse:
    topic = announcing.topic(journey.pk)
    here = [message for message in announced if message.topic == topic]
    frames = live.drawn(journey, [message.facts for message in here])
    stream.already_drawn(topic, here, frames)
    html = "".join(frame.data for frame in frames if not frame.event)
    answer = HttpResponse(html + toast(said, offers=offers))
    answer["Wayline-Map"] = ",".join(frame.event for frame in frames if frame.event)
    return answer


def toast(said: str, *, offers: str = "", is_error: bool = False) -> str:
    context = {"said": said, "offers": offers, "is_error": is_error}
    return render_to_string("journeys/map/toast.html", context)
