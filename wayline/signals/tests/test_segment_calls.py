"""What calls become, without a server or a database."""

import json
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from wayline.signals.calls import posthog, segment
from wayline.signals.calls.meanings import MEANINGS

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def read(*calls: dict, kind=None, now=NOW, **around) -> segment.Read:
    batch = msgspec.json.decode(json.dumps({"batch": calls} | around), type=segment.Batch)
    about = segment.request(batch, kind=kind, received_at=now, digest="d")
    return segment.read(batch.batch, about, longest=32_000)


def track(event="Order Completed", **properties) -> dict:
    return {
        "type": "track",
        "userId": "ines",
        "event": event,
        "messageId": event,
        "properties": properties,
    }


def one(call: dict, **around):
    found = read(call, **around)
    assert found.refused == []
    return found.signals[0]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (track("Order Completed", order_id="o1", revenue=20, total=25), ("behavior", None, "o1", 20.0, None)),
        (track("Order Refunded", order_id="o1", total=25), ("operation", None, "o1", 25.0, None)),
        (track("Product Added", product_id="p1", price=4, quantity=3), ("behavior", None, "p1", 12.0, None)),
        (track("Product Viewed", sku="s1", price="4.5"), ("behavior", None, "s1", 4.5, None)),
        (track("Checkout Started", cart_id="c1", value=9), ("behavior", None, "c1", 9.0, None)),
        (track("Coupon Denied", coupon_id="k1"), ("behavior", None, "k1", None, None)),
        (
            track("Product Reviewed", product_id="p1", review_body="Fits."),
            ("review", None, "p1", None, "Fits."),
        ),
        (track("Application Crashed"), ("operation", "app", None, None, None)),
        (track("Push Notification Bounced", campaign_id=7), ("operation", "push", "7", None, None)),
        (track("Email Opened", email_id="e1"), ("behavior", "email", "e1", None, None)),
        (track("Trial Started", account_id="a1"), ("behavior", None, "a1", None, None)),
        (
            track("Live Chat Message Sent", conversation_id="c9", message_body="Hello?"),
            ("message", "chat", "c9", None, "Hello?"),
        ),
        (track("Live Chat Conversation Started", conversation_id=9), ("contact", "chat", "9", None, None)),
        (track("order_completed", order_id="o1"), ("behavior", None, "o1", None, None)),
        (track("Email Opened", channel="letter"), ("behavior", "letter", None, None, None)),
        (track("Order Refunded", kind="contact"), ("contact", None, None, None, None)),
    ],
)
def test_semantic_events_say_more_than_their_name(call, expected):
    signal = one(call)

    assert (signal.kind, signal.channel, signal.subject, signal.value, signal.text) == expected


def test_stars_of_a_product_review_are_a_score_with_its_scale():
    signal = one(track("Product Reviewed", product_id="p1", rating="4"))

    assert (signal.kind, signal.score, signal.scale) == ("review", 4.0, "stars5")
    assert one(track("Product Reviewed", rating=80)).score is None


def test_every_vocabulary_of_the_specification_is_there():
    assert {"Order Completed", "Application Opened", "Account Created", "Email Bounced"} <= MEANINGS.keys()
    assert len(MEANINGS) > 55


@pytest.mark.parametrize(
    ("written", "channel"), [("browser", "web"), ("mobile", "app"), ("server", None), ("phone", "phone")]
)
def test_where_a_call_was_made_is_a_channel_unless_it_was_a_server(written, channel):
    assert one(track() | {"channel": written}).channel == channel


def test_pages_are_of_the_web_and_screens_of_an_app():
    page = one({"type": "page", "userId": "ines", "name": "Pricing"})
    screen = one({"type": "screen", "anonymousId": "a1", "name": "Basket"})

    assert [(each.kind, each.channel, each.name) for each in (page, screen)] == [
        ("page", "web", "Pricing"),
        ("screen", "app", "Basket"),
    ]


def test_of_the_context_is_kept_what_explains_and_not_what_identifies():
    context = {
        "ip": "203.0.113.9",
        "userAgent": "Mozilla",
        "app": {"name": "Shop", "version": "2.1", "build": "77"},
        "device": {"type": "ios", "advertisingId": "x", "model": "iPhone9,1"},
        "os": {"name": "iOS", "version": 17},
        "locale": "de-DE",
        "groupId": "g1",
        "campaign": {"source": "news"},
        "page": {"path": "/a"},
    }

    assert one(track() | {"context": context}).properties == {
        "app.name": "Shop",
        "app.version": "2.1",
        "device.type": "ios",
        "device.model": "iPhone9,1",
        "os.name": "iOS",
        "os.version": "17",
        "locale": "de-DE",
        "group.id": "g1",
        "campaign.source": "news",
        "page.path": "/a",
    }


@pytest.mark.parametrize(
    ("integrations", "comes"),
    [
        ({"All": True}, True),
        ({"All": False}, False),
        ({"All": False, "Wayline": True}, True),
        ({"All": True, "Wayline": False}, False),
        ({"Wayline": {"any": "option"}}, True),
        ({"Mixpanel": False}, True),
    ],
)
def test_a_sender_may_keep_a_call_from_coming_here(integrations, comes):
    found = read(track() | {"integrations": integrations})

    assert bool(found.signals) == comes
    assert comes or (found.refused[0].excerpt == "" and "integrations" in found.refused[0].reason)


@pytest.mark.parametrize("consent", [{"categoryPreferences": {"analytics": False}}, "denied", False])
def test_without_consent_nothing_is_kept_but_the_reason(consent):
    found = read(track() | {"context": {"consent": consent}})

    assert (found.signals, found.refused[0].excerpt) == ([], "")


def test_the_batchs_own_context_counts_for_each_of_its_calls():
    found = read(track(), track() | {"context": {"consent": True}}, context={"consent": False})

    assert [each.index for each in found.refused] == [0]


@pytest.mark.parametrize("years", [-10, 10])
def test_a_clock_that_is_years_wrong_is_put_right_by_when_it_sent(years):
    then = NOW.replace(year=NOW.year + years)
    call = track() | {"timestamp": (then - timedelta(minutes=5)).isoformat()}

    signal = one(call, sentAt=then.isoformat())

    assert signal.at == NOW - timedelta(minutes=5)


def test_a_time_in_the_future_becomes_the_time_of_arrival_and_says_so():
    found = read(track() | {"timestamp": "2036-01-01T00:00:00Z"})

    assert found.signals[0].at == NOW
    assert found.refused[0].was_kept
    assert "future" in found.refused[0].reason
    assert not found.has_gaps


@pytest.mark.parametrize(
    "sent_at", ["yesterday", "", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-03-02"]
)
def test_a_garbled_sent_at_harms_nothing(sent_at):
    found = read(track() | {"timestamp": "2026-03-02T08:00:00Z"}, track(), sentAt=sent_at)

    assert len(found.signals) + len(found.refused) >= 2


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("2026-03-02T08:00:00Z", NOW - timedelta(hours=1)),
        ("2026-03-02T10:00:00+01:00", NOW),
        ("2026-03-02T08:00:00", NOW - timedelta(hours=1)),
        ("2016-12-31T23:59:60Z", datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", None),
        (1772442000, NOW),
        (1772442000000, NOW),
        ("2006-03-02T08:00:00Z", NOW.replace(year=2006, hour=8)),
    ],
)
def test_times_are_read_or_refused_and_late_ones_are_taken_without_limit(written, at):
    found = read(track() | {"timestamp": written})

    assert [signal.at for signal in found.signals] == ([at] if at else [])


def test_one_poisoned_call_among_a_thousand_is_refused_alone():
    poison = [
        {"type": "track", "userId": "ines", "event": "x" * 300},
        {"type": "track", "userId": "ines", "event": "Order", "properties": {"value": 10**400}},
        {"type": "track", "userId": "ines", "event": "Order", "timestamp": "soon"},
        {"type": "track", "userId": ["ines"], "event": "Order"},
        {"type": "track", "event": "Order"},
        {"type": "track", "userId": "ines", "event": "Order", "properties": {str(n): 1 for n in range(600)}},
    ]
    calls = [track() | {"messageId": str(n)} for n in range(1_000)]
    for place, bad in enumerate(poison):
        calls[100 * place + 50] = bad

    found = read(*calls)

    places = {each.index for each in found.refused}
    assert len(found.signals) >= 994
    assert places <= {100 * place + 50 for place in range(len(poison))}
    assert len(found.signals) + len(places) == 1_000
    assert all(
        calls[place]["messageId"] == signal.key
        for place, signal in zip(found.places, found.signals, strict=True)
        if "messageId" in calls[place]
    )


def from_posthog(*events: dict) -> segment.Read:
    body = json.dumps({"api_key": "k", "batch": events}).encode()
    batch = posthog.opened(msgspec.json.decode(body, type=posthog.Request), body)
    about = segment.request(batch, kind=None, received_at=NOW, digest="d")
    return segment.read(batch.batch, about, longest=32_000, decode=posthog.call_of)


@pytest.mark.parametrize(
    ("event", "kind", "name", "who"),
    [
        ({"event": "Order Completed", "distinct_id": "ines"}, "behavior", "Order Completed", "ines"),
        (
            {"event": "$pageview", "distinct_id": "ines", "properties": {"$pathname": "/a"}},
            "page",
            "/a",
            "ines",
        ),
        (
            {"event": "$screen", "distinct_id": "i", "properties": {"$screen_name": "Cart"}},
            "screen",
            "Cart",
            "i",
        ),
        ({"event": "$rageclick", "distinct_id": "ines"}, "behavior", "Rage Click", "ines"),
        ({"event": "$feature_flag_called", "distinct_id": "i"}, "behavior", "Feature Flag Called", "i"),
        ({"event": "$set", "distinct_id": "ines", "$set": {"plan": "pro"}}, "identify", "Identify", "ines"),
    ],
)
def test_posthogs_events_become_the_same_signals(event, kind, name, who):
    (signal,) = from_posthog(event).signals

    assert (signal.kind, signal.name, signal.external_id) == (kind, name, who)


def test_posthogs_unknown_visitor_is_anonymous_until_identified():
    visitor, ines = from_posthog(
        {"event": "Looked", "distinct_id": "v1", "properties": {"$process_person_profile": False}},
        {"event": "$identify", "distinct_id": "ines", "properties": {"$anon_distinct_id": "v1"}},
    ).signals

    assert (visitor.external_id, visitor.anonymous_id) == (None, "v1")
    assert (ines.external_id, ines.anonymous_id) == ("ines", "v1")
    assert visitor.properties == {}


def test_posthogs_description_of_a_group_names_nobody():
    (refused,) = from_posthog({"event": "$groupidentify", "distinct_id": "$company_fernbrook"}).refused

    assert "names nobody" in refused.reason
