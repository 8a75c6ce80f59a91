from datetime import timedelta

from django.utils import timezone

from wayline.kit import tasks

from .models import Delivery
from .webhooks import operations as webhooks


@tasks.task("integrations.tell", every=timedelta(seconds=10))
def tell(payload: dict) -> None:
    """Read the activities that were committed since, for webhooks."""
    webhooks.tell(now=timezone.now())


@tasks.task(webhooks.DELIVER)
def deliver(payload: dict) -> None:
    """Try one delivery once; the next try is a job of its own."""
    found = Delivery.objects.filter(uid=payload["delivery"]).select_related("webhook").first()
    now = timezone.now()
    # Sent by hand meanwhile, its next try is another job: two rounds must not run beside each other.
    if found is not None and not (found.next_at and found.next_at > now):
        webhooks.deliver(found, now=now)
