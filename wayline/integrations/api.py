from datetime import datetime

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from wayline.accounts.api_auth import needs

from .models import Delivery, Webhook
from .webhooks import operations

router = Router(tags=["integrations"])


class WebhookOut(Schema):
    id: int
    name: str
    url: str
    activities: list[str] = Field(description="Names, or beginnings that end with a dot; none means all.")
    is_enabled: bool
    failing_since: datetime | None


class WebhookIn(Schema):
    name: str = Field(min_length=1, max_length=120)
    url: str = Field(min_length=1, max_length=1000)
    activities: list[str] = []


class WebhookChange(WebhookIn):
    is_enabled: bool = True


class SecretOut(Schema):
    id: int
    secret: str = Field(description="Answered this once.")


class DeliveryOut(Schema):
    id: int
    name: str
    state: str
    tries: int
    answers: list[list] = Field(description="[at, status or null, sentence] of each try.")
    body: dict
    next_at: datetime | None
    created_at: datetime
    delivered_at: datetime | None


class DeliveriesIn(Schema):
    state: Delivery.State | None = None
    before: int | None = None
    limit: int = Field(50, ge=1, le=500)


@router.get("/webhooks", response=list[WebhookOut])
@needs("manager")
def webhooks(request):
    """The addresses that are told of activities."""
    return Webhook.objects.visible_to(request.member)


@router.post("/webhooks/create", response={201: SecretOut})
@needs("manager")
def create_webhook(request, body: WebhookIn):
    """Tell an address of activities. Answers 422 when it leads into a private network."""
    made, secret = operations.create_webhook(
        request.workspace, **body.dict(), by=request.member.user, now=timezone.now()
    )
    return 201, {"id": made.pk, "secret": secret}


@router.post("/webhooks/{webhook_id}/change", response=WebhookOut)
@needs("manager")
def change_webhook(request, webhook_id: int, body: WebhookChange):
    """Give a webhook another name, address or choice, or switch it off and on."""
    found = _found(request, webhook_id)
    operations.change_webhook(found, **body.dict(), by=request.member.user, now=timezone.now())
    return found


@router.post("/webhooks/{webhook_id}/change-key", response=SecretOut)
@needs("manager")
def change_key(request, webhook_id: int):
    """Make a new secret; for a day deliveries carry both signatures."""
    found = _found(request, webhook_id)
    secret = operations.change_key(found, by=request.member.user, now=timezone.now())
    return {"id": found.pk, "secret": secret}


@router.post("/webhooks/{webhook_id}/test", response={202: DeliveryOut})
@needs("manager")
def test_webhook(request, webhook_id: int):
    """Send a made-up activity."""
    found = _found(request, webhook_id)
    return 202, operations.test_webhook(found, by=request.member.user, now=timezone.now())


@router.post("/webhooks/{webhook_id}/delete", response={204: None})
@needs("manager")
def delete_webhook(request, webhook_id: int):
    """Delete a webhook with its deliveries."""
    operations.delete_webhook(_found(request, webhook_id), by=request.member.user, now=timezone.now())
    return 204, None


@router.get("/webhooks/{webhook_id}/deliveries", response=list[DeliveryOut])
@needs("manager")
def deliveries(request, webhook_id: int, asked: Query[DeliveriesIn]):
    """What was told, latest first; `state=dead` is what was given up."""
    found = Delivery.objects.visible_to(request.member).filter(webhook=_found(request, webhook_id))
    if asked.state:
        found = found.filter(state=asked.state)
    if asked.before:
        found = found.filter(pk__lt=asked.before)
    return found.order_by("-pk")[: asked.limit]


@router.post("/deliveries/{delivery_id}/send-again", response=DeliveryOut)
@needs("manager")
def send_again(request, delivery_id: int):
    """Send a delivery once more, under the same id. Answers 409 while it was not tried yet."""
    found = get_object_or_404(Delivery.objects.visible_to(request.member), pk=delivery_id)
    operations.send_again(found, by=request.member.user, now=timezone.now())
    return found


def _found(request, webhook_id: int) -> Webhook:
    return get_object_or_404(Webhook.objects.visible_to(request.member), pk=webhook_id)
