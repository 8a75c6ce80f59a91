from django.http import HttpResponse
from django.views.decorators.http import require_GET, require_POST

from wayline.accounts import access
from wayline.journeys import announcing
from wayline.kit.live import stream as live
from wayline.kit.live.hub import HUB

from .cards import journey_of


@require_GET
@access.member("viewer")
def stream(request, journey_id):
    """What happens on this map from now on, and who has it open."""
    return live.respond(request, announcing.topic(journey_of(request, journey_id).pk))


@require_POST
@access.member("viewer")
def presence(request, journey_id):
    """Which cell somebody is in."""
    topic = announcing.topic(journey_of(request, journey_id).pk)
    tab, at = request.POST.get("tab", "")[:24], request.POST.get("at", "")[:60]
    HUB.move(topic, tab=tab, user=request.user.pk, at=at)
    return HttpResponse(status=204)
