import importlib.util
import json
import threading
import time
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone

from wayline.accounts.testing import bearer, make_key, make_member, make_workspace
from wayline.audit.testing import make_activity
from wayline.integrations import tasks
from wayline.integrations.models import Delivery, Webhook
from wayline.integrations.webhooks import guard, operations, signing
from wayline.journeys import operations as journeys
from wayline.journeys.testing import make_journey

pytestmark = pytest.mark.django_db
EXAMPLE = Path(__file__).resolve().parents[3] / "examples/webhook_receiver.py"


@pytest.fixture
def receiver(settings):
    """A receiver on loopback, which a setting allows; `status` is what it answers."""
    settings.WEBHOOK_NETWORKS = ["127.0.0.0/8"]

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            self.server.got.append((dict(self.headers), self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(self.server.status)
            if self.server.status == 302:
                self.send_header("location", "http://169.254.169.254/latest")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    server.got, server.status = [], 204
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    server.url = f"http://127.0.0.1:{server.server_port}/hook"
    yield server
    server.shutdown()
    server.server_close()


def hook(receiver, workspace=None, **fields):
    given = {"name": "CRM", "url": receiver.url, "activities": [], "by": None, "now": timezone.now()} | fields
    return operations.create_webhook(workspace or make_workspace(), **given)


def tell_of(webhook, name="journey.published", **fields) -> Delivery:
    operations.tell(now=timezone.now())
    make_activity(workspace=webhook.workspace, name=name, **fields)
    operations.tell(now=timezone.now())
    return Delivery.objects.filter(webhook=webhook).first()


def test_an_activity_arrives_with_a_signature_that_the_example_accepts(receiver):
    webhook, secret = hook(receiver)
    delivery = tell_of(webhook)

    assert operations.deliver(delivery, now=timezone.now())

    ((headers, body),) = receiver.got
    spec = importlib.util.spec_from_file_location("webhook_receiver", EXAMPLE)
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    known = {name.lower(): value for name, value in headers.items()}
    assert example.is_genuine(secret, known, body, time.time())
    assert not example.is_genuine(secret, known, body + b" ", time.time())
    assert not example.is_genuine(secret, known, body, time.time() + 600)
    assert json.loads(body)["type"] == "journey.published"


def test_the_signature_is_the_one_of_the_specification():
    signed = signing.signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        uid="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp=1614265330,
        body=b'{"test": 2432232314}',
    )

    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_while_the_key_changes_both_secrets_are_valid(receiver):
    webhook, old = hook(receiver)
    new = operations.change_key(webhook, by=None, now=timezone.now())

    operations.deliver(tell_of(webhook), now=timezone.now())
    later = tell_of(webhook, at=timezone.now())
    webhook.refresh_from_db()
    later.webhook = webhook
    operations.deliver(later, now=timezone.now() + timedelta(days=2))

    signatures = [headers["webhook-signature"].split() for headers, _ in receiver.got]
    assert [len(each) for each in signatures] == [2, 1]
    assert old != new
    assert old.encode() not in bytes(webhook.secret) + bytes(webhook.previous_secret)


def test_an_activity_is_told_once_and_only_to_who_wants_it(receiver):
    webhook, _ = hook(receiver, activities=["journey."])
    delivery = tell_of(webhook)
    tell_of(webhook, name="segment.created")

    assert list(Delivery.objects.all()) == [delivery]


def test_other_workspaces_and_the_past_are_not_told(receiver):
    workspace = make_workspace()
    make_activity(workspace=workspace, name="journey.published")
    webhook, _ = hook(receiver, workspace)
    operations.tell(now=timezone.now())
    make_activity(workspace=make_workspace(), name="journey.published")
    operations.tell(now=timezone.now())

    assert not Delivery.objects.exists()


def test_what_fails_is_tried_later_and_later_and_then_given_up(receiver):
    webhook, _ = hook(receiver)
    receiver.status = 500
    delivery, now = tell_of(webhook), timezone.now()
    waits = []
    while delivery.state == "waiting":
        operations.deliver(delivery, now=now)
        waits.append((delivery.next_at - now) if delivery.next_at else None)

    assert (delivery.tries, delivery.state) == (8, "dead")
    assert all(0.8 * want <= got <= 1.2 * want for want, got in zip(operations.WAITS, waits, strict=False))
    assert sum(operations.WAITS, timedelta()) > timedelta(hours=27)


def test_what_was_given_up_is_sent_again_under_the_same_id(receiver):
    webhook, _ = hook(receiver)
    receiver.status = 410
    delivery = tell_of(webhook)
    operations.deliver(delivery, now=timezone.now())
    receiver.status = 200
    operations.send_again(delivery, by=None, now=timezone.now())
    operations.deliver(delivery, now=timezone.now())

    assert delivery.state == "delivered"
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1


@pytest.mark.parametrize("status", [200, 500])
def test_what_arrived_or_waits_for_its_next_try_is_sent_now_under_the_same_id(receiver, status):
    webhook, _ = hook(receiver)
    receiver.status = status
    delivery, now = tell_of(webhook), timezone.now()
    operations.deliver(delivery, now=now)
    later = delivery.next_at

    receiver.status = 200
    operations.send_again(delivery, by=None, now=now)
    with pytest.raises(operations.OnItsWay):
        operations.send_again(delivery, by=None, now=now)
    tasks.deliver({"delivery": str(delivery.uid)})

    delivery.refresh_from_db()
    assert (delivery.state, delivery.tries, delivery.next_at) == ("delivered", 1, None)
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1
    assert len(receiver.got) == 2
    assert later is None or later > now


def test_a_redirect_is_not_followed(receiver):
    webhook, _ = hook(receiver)
    receiver.status = 302
    delivery = tell_of(webhook)

    assert not operations.deliver(delivery, now=timezone.now())
    assert "redirects are not followed" in delivery.last_answer
    assert len(receiver.got) == 1


def test_days_of_failing_switch_it_off(receiver):
    webhook, _ = hook(receiver)
    receiver.status = 500
    delivery, now = tell_of(webhook), timezone.now()

    operations.deliver(delivery, now=now)
    operations.deliver(delivery, now=now + timedelta(days=4))

    assert not Webhook.objects.get().is_enabled


PRIVATE = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
    "0.1.2.3",
    "224.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.0.8", "::1", "::", "::ffff:127.0.0.1", "::127.0.0.1",
    "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:7f00:1::", "fe80::1", "fe80::1%eth0", "fc00::1", "fec0::1",
    "ff02::1",
    "fd00:ec2::254",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_no_address_of_a_private_network_is_called(address, monkeypatch):
    monkeypatch.setattr(guard.socket, "getaddrinfo", lambda *_, **__: [(0, 0, 0, "", (address, 443))])

    with pytest.raises(guard.AddressNotAllowed):
        guard.resolve("https://receiver.example/hook")


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:4700:4700::1111"])
def test_public_addresses_are_called_at_the_address_that_was_checked(address, monkeypatch):
    monkeypatch.setattr(guard.socket, "getaddrinfo", lambda *_, **__: [(0, 0, 0, "", (address, 443))])

    target = guard.resolve("https://receiver.example/hook?a=1")

    assert (target.address, target.host, target.path) == (address, "receiver.example", "/hook?a=1")
    assert address in target.url


def test_one_private_address_among_public_ones_is_enough_to_refuse(monkeypatch):
    both = [(0, 0, 0, "", ("93.184.215.14", 443)), (0, 0, 0, "", ("10.0.0.1", 443))]
    monkeypatch.setattr(guard.socket, "getaddrinfo", lambda *_, **__: both)

    with pytest.raises(guard.AddressNotAllowed):
        guard.resolve("https://receiver.example/")


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost/", "http://2130706433/", "http://0x7f.1/", "http://0177.0.0.1/", "http://[::1]/",
        "ftp://x.example/",
        "gopher://x/", "file:///etc/passwd", "https://user:pw@x.example/", "https://", "nonsense",
        "http://127.1/",
        "https://x.example:99999/",
    ],
)  # fmt: skip
def test_addresses_written_in_odd_ways_are_refused(url):
    with pytest.raises(guard.AddressNotAllowed):
        guard.resolve(url)


def test_a_person_makes_tests_and_sees(client, receiver):
    maya = make_member(role="manager")
    client.force_login(maya.user)
    slug = maya.workspace.slug

    refused = client.post(
        reverse("integrations:create_webhook", args=[slug]),
        {"name": "CRM", "url": "http://10.0.0.1/", "activities": ""},
    )
    made = client.post(
        reverse("integrations:create_webhook", args=[slug]),
        {"name": "CRM", "url": receiver.url, "activities": ""},
    )
    webhook = Webhook.objects.get()
    client.post(reverse("integrations:test_webhook", args=[slug, webhook.pk]))
    operations.deliver(Delivery.objects.get(), now=timezone.now())

    assert refused.status_code == 422
    assert "private network" in refused.content.decode()
    assert "whsec_" in made.content.decode()
    page = client.get(reverse("integrations:webhook", args=[slug, webhook.pk])).content.decode()
    assert "Delivered" in page
    assert "whsec_" not in page


def test_a_program_makes_a_webhook(client, receiver):
    key = make_key(role="manager")
    body = {"name": "CRM", "url": receiver.url, "activities": ["journey."]}

    made = client.post("/api/v1/integrations/webhooks/create", body, "application/json", **bearer(key))
    unknown = client.post(
        "/api/v1/integrations/webhooks/create",
        body | {"activities": ["shoe.bought"]},
        "application/json",
        **bearer(key),
    )

    assert (made.status_code, unknown.status_code) == (201, 422)


def test_what_is_closed_to_its_maker_a_webhook_is_not_told(receiver):
    """A restricted journey is told by the webhooks of those who see it, and listed to nobody else."""
    owner = make_member(role="owner")
    manager = make_member(workspace=owner.workspace, role="manager")
    hers, _ = hook(receiver, owner.workspace, by=owner.user)
    his, _ = hook(receiver, owner.workspace, by=manager.user)
    nobodys, _ = hook(receiver, owner.workspace)
    operations.tell(now=timezone.now())

    journey = make_journey(workspace=owner.workspace)
    journeys.restrict_journey(journey, people={}, by=owner.user, now=timezone.now())
    operations.tell(now=timezone.now())

    told = {delivery.webhook for delivery in Delivery.objects.filter(name="journey.restricted")}
    assert told == {hers}
    assert Delivery.objects.visible_to(manager).filter(name="journey.restricted").count() == 0
    assert Delivery.objects.visible_to(owner).filter(name="journey.restricted").count() == 1
