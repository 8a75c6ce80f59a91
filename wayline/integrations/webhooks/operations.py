"""Making webhooks, telling them what was done, trying again, giving up, and sending again."""

import random
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import httpx
import msgspec
from django.db import transaction

from wayline.accounts.models import Membership, Role, User, Workspace
from wayline.audit import operations as audit
from wayline.audit import registry
from wayline.audit.models import Activity
from wayline.integrations.models import Delivery, ToldMark, Webhook
from wayline.kit import tasks
from wayline.kit.refusals import Refusal

from . import guard, signing

DELIVER = "integrations.deliver"
# Eight tries within about 28 hours; jitter spreads those that failed together.
WAITS = (
    timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2),
    timedelta(hours=5), timedelta(hours=10), timedelta(hours=10),
)  # fmt: skip
JITTER = 0.2
BOTH_VALID = timedelta(days=1)
FAILING = timedelta(days=3)
OVERLAP, AT_ONCE = 500, 1_000
OWN = ("webhook.", "delivery.")  # what webhooks cause is told to nobody: it would never end


class ActivityUnknown(Refusal):
    """A webhook hears of activities there are."""

    status = 422


class OnItsWay(Refusal):
    """What was never tried yet need not be sent again."""


@transaction.atomic
def create_webhook(
    workspace: Workspace, *, name: str, url: str, activities: list[str], by: User | None, now: datetime
) -> tuple[Webhook, str]:
    """Tell an address of activities. The secret is answered this once."""
    guard.resolve(url)
    _check(activities)
    secret = signing.new_secret()
    webhook = Webhook.objects.create(
        workspace=workspace,
        name=name.strip(),
        url=url.strip(),
        activities=activities,
        secret=signing.sealed(secret),
        created_at=now,
        created_by=by,
    )
    audit.record("webhook.created", subject=webhook, by=by, at=now, url=webhook.url)
    return webhook, secret


@transaction.atomic
def change_webhook(
    webhook: Webhook,
    *,
    name: str,
    url: str,
    activities: list[str],
    is_enabled: bool,
    by: User | None,
    now: datetime,
) -> None:
    """Give the webhook another name, address or choice, or switch it off and on."""
    guard.resolve(url)
    _check(activities)
    webhook.name, webhook.url, webhook.activities = name.strip(), url.strip(), activities
    webhook.is_enabled, webhook.failing_since = is_enabled, None
    webhook.save(update_fields=["name", "url", "activities", "is_enabled", "failing_since"])
    audit.record("webhook.changed", subject=webhook, by=by, at=now, url=webhook.url, is_enabled=is_enabled)


@transaction.atomic
def change_key(webhook: Webhook, *, by: User | None, now: datetime) -> str:
    """Make a new secret; the old one signs too for a day, so that no delivery is missed."""
    secret = signing.new_secret()
    webhook.previous_secret, webhook.previous_until = webhook.secret, now + BOTH_VALID
    webhook.secret = signing.sealed(secret)
    webhook.save(update_fields=["secret", "previous_secret", "previous_until"])
    audit.record("webhook.key_changed", subject=webhook, by=by, at=now)
    return secret


@transaction.atomic
def delete_webhook(webhook: Webhook, *, by: User | None, now: datetime) -> None:
    """Delete the webhook with its deliveries."""
    audit.record("webhook.deleted", subject=webhook, by=by, at=now, url=webhook.url)
    webhook.delete()


@transaction.atomic
def test_webhook(webhook: Webhook, *, by: User | None, now: datetime) -> Delivery:
    """Send a made-up activity, to see whether it arrives."""
    delivery = Delivery.objects.create(
        workspace_id=webhook.workspace_id,
        webhook=webhook,
        name="webhook.tested",
        body={"test": True, "sentence": "This is a test."},
        next_at=now,
        created_at=now,
    )
    audit.record("webhook.tested", subject=webhook, by=by, at=now)
    _enqueue(delivery, now)
    return delivery


@transaction.atomic
def send_again(delivery: Delivery, *, by: User | None, now: datetime) -> None:
    """Send a delivery once more with the same id, now and with another round of tries.

    One that arrived may be sent again too: the receiver may have lost it, and knows by its id what it has.
    """
    tried = Delivery.objects.filter(pk=delivery.pk).exclude(state=Delivery.State.WAITING, tries=0)
    if not tried.update(state=Delivery.State.WAITING, tries=0, next_at=now, delivered_at=None):
        raise OnItsWay("This delivery is on its way already. Look again in a minute.")
    delivery.refresh_from_db()
    audit.record("delivery.sent_again", subject=delivery, by=by, at=now)
    _enqueue(delivery, now)


@transaction.atomic
def tell(*, now: datetime) -> int:
    """Make a delivery of each new activity for every webhook that wants it. Read twice, told once."""
    mark, is_new = ToldMark.objects.select_for_update().get_or_create(pk=1)
    if is_new:  # what was done before there were webhooks is nobody's news
        mark.last = Activity.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        mark.save(update_fields=["last"])
    hooks: dict[int, list[Webhook]] = {}
    for hook in Webhook.objects.filter(is_enabled=True):
        hooks.setdefault(hook.workspace_id, []).append(hook)
    # Numbers are given before they are committed, so a late one may stand before the mark.
    found = list(Activity.objects.filter(pk__gt=mark.last - OVERLAP).order_by("pk")[: AT_ONCE + OVERLAP])
    told = set(
        Delivery.objects.filter(activity_id__in=[activity.pk for activity in found]).values_list(
            "webhook", "activity_id"
        )
    )
    new = [
        (hook, activity)
        for activity in found
        for hook in hooks.get(activity.workspace_id or 0, ())
        if hook.created_at <= activity.at and hook.wants(activity.name) and not activity.name.startswith(OWN)
        if (hook.pk, activity.pk) not in told
    ]
    hidden = _hidden(new)
    fresh = [_delivery(hook, activity, now) for hook, activity in new if (hook.pk, activity.pk) not in hidden]
    Delivery.objects.bulk_create(fresh, AT_ONCE)
    for each in fresh:
        _enqueue(each, now)
    if found:
        mark.last = max(mark.last, found[-1].pk)
        mark.save(update_fields=["last"])
    return len(fresh)


def _hidden(new: Iterable[tuple[Webhook, Activity]]) -> set[tuple[int, int]]:
    """Which activities a webhook is not told of: those that the person who made it may not see."""
    of_hook: dict[Webhook, list[int]] = {}
    for hook, activity in new:
        of_hook.setdefault(hook, []).append(activity.pk)
    hidden: set[tuple[int, int]] = set()
    for hook, keys in of_hook.items():
        made_by = Membership.objects.filter(workspace=hook.workspace_id, user=hook.created_by_id or 0).first()
        stranger = Membership(workspace_id=hook.workspace_id, role=Role.VIEWER)
        rows = Activity.objects.hidden_from(made_by or stranger).filter(pk__in=keys)
        hidden |= {(hook.pk, key) for key in rows.values_list("pk", flat=True)}
    return hidden


def deliver(delivery: Delivery, *, now: datetime) -> bool:
    """Try once. What fails is tried again, later each time, and at last given up."""
    if delivery.state != Delivery.State.WAITING or not delivery.webhook.is_enabled:
        return False
    # Outside of a transaction: it may take ten seconds, and SQLite has one writer.
    status, sentence = _send(delivery, now)
    is_there = status is not None and 200 <= status < 300
    delivery.tries += 1
    delivery.answers = [*delivery.answers, [now.isoformat(), status, sentence]][-20:]
    if is_there:
        delivery.state, delivery.delivered_at, delivery.next_at = Delivery.State.DELIVERED, now, None
    elif delivery.tries > len(WAITS) or status == 410:  # 410: it wants no more
        delivery.state, delivery.next_at = Delivery.State.DEAD, None
    else:
        delivery.next_at = now + WAITS[delivery.tries - 1] * random.uniform(1 - JITTER, 1 + JITTER)
    with transaction.atomic():
        delivery.save(update_fields=["tries", "answers", "state", "delivered_at", "next_at"])
        if delivery.next_at:
            _enqueue(delivery, delivery.next_at)
        _watch(delivery.webhook, is_there, now)
    return is_there


def _send(delivery: Delivery, now: datetime) -> tuple[int | None, str]:
    hook = delivery.webhook
    uid = f"msg_{delivery.uid.hex}"
    body = msgspec.json.encode(
        {"type": delivery.name, "id": uid, "timestamp": delivery.created_at, "data": delivery.body}
    )
    valid = [signing.opened(hook.secret)]
    if hook.previous_secret and hook.previous_until and hook.previous_until > now:
        valid.append(signing.opened(hook.previous_secret))
    headers = signing.headers(valid, uid=uid, timestamp=int(now.timestamp()), body=body)
    try:
        status = guard.post(hook.url, body=body, headers=headers)
    except Refusal as no:
        return None, str(no)
    except (httpx.HTTPError, OSError) as error:
        return None, f"No answer: {type(error).__name__}."
    if 300 <= status < 400:
        return status, f"It answered {status}; redirects are not followed. Write the final address."
    return status, f"It answered {status}."


def _watch(hook: Webhook, is_there: bool, now: datetime) -> None:
    """Switch off what has failed for days; what works again is forgiven."""
    if is_there:
        Webhook.objects.filter(pk=hook.pk).exclude(failing_since=None).update(failing_since=None)
        return
    Webhook.objects.filter(pk=hook.pk, failing_since=None).update(failing_since=now)
    late = Webhook.objects.filter(pk=hook.pk, is_enabled=True, failing_since__lt=now - FAILING)
    if late.update(is_enabled=False):
        audit.record("webhook.disabled", subject=hook, by=None, at=now)


def _delivery(hook: Webhook, activity: Activity, now: datetime) -> Delivery:
    body: dict[str, Any] = {
        name: getattr(activity, name)
        for name in ("name", "by_name", "subject_kind", "subject_id", "subject_label", "details")
    }
    body |= {
        "activity": activity.pk,
        "at": activity.at.isoformat(),
        "sentence": registry.names().get(activity.name, ""),
    }
    return Delivery(
        workspace_id=hook.workspace_id, webhook=hook, activity_id=activity.pk, uid=uuid.uuid4(),
        name=activity.name, body=body, next_at=now, created_at=now,
    )  # fmt: skip


def _enqueue(delivery: Delivery, at: datetime) -> None:
    # With the number of answers, because a round begun by hand counts its tries from nothing again.
    key = f"{DELIVER}:{delivery.uid}:{delivery.tries}:{len(delivery.answers)}"
    payload = {"delivery": str(delivery.uid)}
    tasks.enqueue(DELIVER, payload, now=at, run_at=at, workspace=delivery.workspace_id, unique_key=key)


def _check(activities: list[str]) -> None:
    known = registry.names()
    for each in activities:
        if each not in known and not (each.endswith(".") and any(name.startswith(each) for name in known)):
            raise ActivityUnknown(
                f"There is no activity {each[:80]}. Activities, under Settings, lists them."
            )
