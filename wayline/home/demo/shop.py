"""The retail line: ordering, waiting, receiving, and sending back."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from wayline.signals.vocabulary import Kind

from . import truth
from .chance import DAY, HOUR, MINUTE, evenly, happens, lasting, moments, pick, rated
from .memory import Memory
from .people import People
from .stream import Stream
from .words import Voice

PRODUCTS = {
    "Room sensor": 0.34,
    "Gateway": 0.22,
    "Wall display": 0.18,
    "Power meter": 0.16,
    "Door sensor": 0.10,
}
PRICES = {
    "Room sensor": 39.0,
    "Gateway": 129.0,
    "Wall display": 189.0,
    "Power meter": 69.0,
    "Door sensor": 29.0,
}


@dataclass
class Orders:
    """One row per order that left the warehouse."""

    who: np.ndarray
    number: np.ndarray
    placed: np.ndarray
    arrives: np.ndarray
    days: np.ndarray
    lost: np.ndarray
    refund_late: tuple[
        np.ndarray, np.ndarray
    ]  # whose refund took more than six days, and since when they wait
    refused: tuple[np.ndarray, np.ndarray]
    returning: tuple[np.ndarray, np.ndarray]


def sell(
    rng: np.random.Generator, people: People, memory: Memory, stream: Stream, voice: Voice, *, prefix: str
) -> Orders:
    """Let everybody who shops order, wait, receive and perhaps send back."""
    shoppers = people.shops
    only_shop = shoppers[people.line[shoppers] == "shop"]
    stream.add(
        Kind.BEHAVIOR,
        "Account Created",
        people.joined[only_shop],
        external_id=people.external_id[only_shop],
        email=people.email[only_shop],
        channel="web",
        traits=people.traits(only_shop),
    )
    who = np.repeat(
        shoppers, 1 + rng.poisson(1.5 + 0.3 * people.goodwill[shoppers].clip(-1, 2), len(shoppers))
    )
    placed = order_days(rng, people, who, stream.now)
    number = np.array([f"{prefix}{place:05d}" for place in range(len(who))], object)
    product = pick(rng, PRODUCTS, len(who))
    price = np.array([PRICES[name] for name in product]) * rng.integers(1, 4, len(who))
    ids = people.external_id[who]

    browse(rng, stream, ids, placed, product)
    stream.add(
        Kind.BEHAVIOR,
        "Order Placed",
        placed,
        external_id=ids,
        channel="web",
        subject=number,
        value=price,
        properties={"product": product},
    )
    paid = rng.random(len(who)) >= truth.PAYMENT_FAILS
    pay_at = placed + lasting(rng, len(who), median=3 * MINUTE, spread=1.2, longest=DAY)
    stream.add(
        Kind.OPERATION,
        "Payment Failed",
        pay_at[~paid],
        external_id=ids[~paid],
        channel="system",
        subject=number[~paid],
    )
    stream.add(
        Kind.OPERATION,
        "Payment Approved",
        pay_at[paid],
        external_id=ids[paid],
        channel="system",
        subject=number[paid],
    )
    say_delivery(stream, truth.SHIPPING_STATEMENTS[1], pay_at[paid] + MINUTE, ids[paid], number[paid])

    days = delivery_days(rng, len(who))
    quits = paid & happens(rng, -people.patience[who], truth.CANCELED_BEFORE_SHIPPING)
    cancel_at = pay_at + (days * 0.4 * DAY * rng.random(len(who))).astype(np.int64)
    stream.add(
        Kind.BEHAVIOR,
        "Order Canceled",
        cancel_at[quits],
        external_id=ids[quits],
        channel="web",
        subject=number[quits],
    )

    sent = paid & ~quits
    who, ids, number, days, placed, pay_at, price = (
        column[sent] for column in (who, ids, number, days, placed, pay_at, price)
    )
    shipped = (
        placed
        + (days * DAY * rng.uniform(0.35, 0.6, len(who))).astype(np.int64)
        + 5 * MINUTE
        + (pay_at - placed)
    )
    stream.add(Kind.OPERATION, "Order Shipped", shipped, external_id=ids, channel="carrier", subject=number)
    lost = rng.random(len(who)) < truth.PARCEL_LOST
    arrives = np.maximum(placed + (days * DAY).astype(np.int64), shipped + 6 * HOUR)
    arrives = np.where(lost, stream.now + 30 * DAY, arrives)
    stream.add(
        Kind.OPERATION,
        "Order Delivered",
        arrives,
        external_id=ids,
        channel="carrier",
        subject=number,
        properties={"days": np.round(days, 1)},
    )
    track(rng, stream, ids, number, shipped, arrives)
    judge(rng, people, memory, stream, voice, who, number, placed, arrives, days, lost)
    late, refused, returning = send_back(
        rng, people, memory, stream, voice, who, ids, number, arrives, days, price
    )
    return Orders(who, number, placed, arrives, days, lost, late, refused, returning)


def order_days(rng, people: People, who: np.ndarray, now: int) -> np.ndarray:
    """The first order comes soon after joining, the others whenever."""
    placed = moments(rng, len(who), now=now, first_days_ago=truth.HISTORY_DAYS)
    earliest = people.joined[who] + 10 * MINUTE
    wrapped = earliest + ((placed - earliest) % np.maximum(now - earliest, HOUR))
    first = np.r_[True, who[1:] != who[:-1]]
    return np.where(first, earliest + (rng.exponential(0.6, len(who)) * DAY).astype(np.int64), wrapped)


def delivery_days(rng, n: int) -> np.ndarray:
    spread = np.log(truth.DELIVERY_P90_DAYS / truth.DELIVERY_MEDIAN_DAYS) / 1.2815516
    return np.clip(truth.DELIVERY_MEDIAN_DAYS * np.exp(spread * evenly(rng, np.zeros(n, int))), 1.5, 60)


def say_delivery(stream: Stream, statement: truth.Statement, at, ids, number) -> None:
    """What one of our places says about delivery, as the customer saw it."""
    low, high = statement.low_days, statement.high_days
    words = (
        f"Your order will arrive within {high} days."
        if low == high
        else f"Delivery takes {low} to {high} days."
    )
    stream.add(
        Kind.OPERATION,
        "Delivery Time Stated",
        at,
        external_id=ids,
        channel=statement.channel,
        subject=number,
        text=words,
        properties={"source": statement.source, "low_days": low, "high_days": high},
    )


def browse(rng, stream: Stream, ids, placed, product) -> None:
    """Product pages before each order; they carry the shop's own statement about delivery."""
    seen = rng.integers(1, 5, len(ids))
    row = np.repeat(np.arange(len(ids)), seen)
    at = placed[row] - (rng.exponential(2.5, len(row)) * HOUR + 60).astype(np.int64)
    statement = truth.SHIPPING_STATEMENTS[0]
    stream.add(
        Kind.PAGE,
        "Product",
        at,
        external_id=ids[row],
        channel="web",
        properties={
            "product": product[row],
            "delivery": f"{statement.low_days} to {statement.high_days} days",
        },
    )


def track(rng, stream: Stream, ids, number, shipped, arrives) -> None:
    """Looking at the tracking page again and again while nothing comes."""
    ends = np.minimum(arrives, shipped + 25 * DAY)
    looks = rng.poisson(np.clip((ends - shipped) / DAY * 0.45, 0.3, 8))
    row = np.repeat(np.arange(len(ids)), looks)
    at = shipped[row] + ((ends - shipped)[row] * rng.random(len(row))).astype(np.int64)
    stream.add(Kind.PAGE, "Tracking", at, external_id=ids[row], channel="web", subject=number[row])


def mean_beyond(goal: float, scores: np.ndarray) -> float:
    return float(scores.mean() - goal)


def judge(
    rng, people, memory: Memory, stream: Stream, voice: Voice, who, number, placed, arrives, days, lost
) -> None:
    """Stars for the delivery, which follow how late it was."""
    late = days > truth.LATE_AFTER_DAYS
    memory.keep("very_late", who[(days > 15) & ~lost], arrives[(days > 15) & ~lost])
    memory.keep("late", who[late & (days <= 15) & ~lost], arrives[late & (days <= 15) & ~lost])
    memory.keep("punctual", who[~late & (days <= 7) & ~lost], arrives[~late & (days <= 7) & ~lost])
    memory.keep("lost", who[lost], placed[lost] + 16 * DAY)
    for group, goal in ((late & ~lost, truth.STARS_LATE), (~late & ~lost, truth.STARS_PUNCTUAL)):
        row = np.flatnonzero(group & (rng.random(len(who)) < 0.30 + 0.08 * late))
        feeling = 0.5 * people.goodwill[who[row]] - 0.16 * days[row]
        stars = rated(rng, feeling, low=1, high=5, goal=partial(mean_beyond, goal))
        cause = np.where(stars >= 4, "punctual", np.where(days[row] > 15, "very_late", "late"))
        cause = np.where((stars < 4) & ~late[row], "damaged", cause)
        at = arrives[row] + lasting(rng, len(row), median=1.2 * DAY, spread=0.7, longest=12 * DAY)
        stream.add(
            Kind.ANSWER,
            "Order Reviewed",
            at,
            external_id=people.external_id[who[row]],
            channel="email",
            subject=number[row],
            step="order-delivered",
            score=stars,
            scale="stars5",
            text=voice.comments(cause, who[row], share=0.45, days=np.rint(days[row])),
        )


def send_back(
    rng, people, memory: Memory, stream: Stream, voice: Voice, who, ids, number, arrives, days, price
):
    """Returns: by post, where refunds wait since the policy changed, or to a shop that may not know of it."""
    back = np.flatnonzero(happens(rng, 0.05 * days - 0.2 * people.goodwill[who], truth.RETURNS))
    asked = arrives[back] + lasting(rng, len(back), median=3 * DAY, spread=0.7, longest=20 * DAY)
    in_store = rng.random(len(back)) < truth.RETURNED_IN_STORE
    stream.add(
        Kind.BEHAVIOR,
        "Return Requested",
        asked,
        external_id=ids[back],
        channel="web",
        subject=number[back],
        properties={"way": np.where(in_store, "in store", "by post").astype(object)},
    )

    store, visit = (
        back[in_store],
        asked[in_store] + lasting(rng, in_store.sum(), median=1.5 * DAY, spread=0.6, longest=9 * DAY),
    )
    refused = rng.random(len(store)) < truth.STORE_CANNOT_FIND_ORDER
    stream.add(
        Kind.OPERATION,
        "Return Refused",
        visit[refused],
        external_id=ids[store[refused]],
        channel="store",
        subject=number[store[refused]],
        properties={"reason": "order not found in the shop's till"},
    )
    taken = visit + np.where(refused, 8 * DAY, 0)
    refund = taken + lasting(
        rng, len(store), median=truth.STORE_REFUND_MEDIAN_DAYS * DAY, spread=0.4, longest=6 * DAY
    )
    hand_back(stream, ids, number, price, store, taken, refund, channel="store")
    memory.keep("store_refused", who[store[refused]], visit[refused])
    memory.keep("store_easy", who[store[~refused]], refund[~refused])

    post, parcel = (
        back[~in_store],
        asked[~in_store] + lasting(rng, (~in_store).sum(), median=3 * DAY, spread=0.4, longest=9 * DAY),
    )
    changed = stream.now - truth.POLICY_CHANGE.days_ago * DAY
    median = np.where(
        parcel >= changed,
        truth.POLICY_CHANGE.refund_median_days_after,
        truth.POLICY_CHANGE.refund_median_days_before,
    )
    waits = np.clip(median * DAY * np.exp(0.35 * evenly(rng, median)), HOUR, 40 * DAY).astype(np.int64)
    hand_back(stream, ids, number, price, post, parcel, parcel + waits, channel="carrier")
    slow = waits > 6 * DAY
    memory.keep("refund_slow", who[post[slow]], parcel[slow] + 6 * DAY)
    memory.keep("refund_quick", who[post[~slow]], (parcel + waits)[~slow])
    curious = rng.random(len(back)) < 0.12
    return (
        (who[post[slow]], parcel[slow] + 6 * DAY),
        (who[store[refused]], visit[refused]),
        (who[back[curious]], asked[curious] - HOUR),
    )


def hand_back(stream: Stream, ids, number, price, row, received, refunded, *, channel: str) -> None:
    stream.add(
        Kind.OPERATION, "Order Returned", received, external_id=ids[row], channel=channel, subject=number[row]
    )
    stream.add(
        Kind.OPERATION,
        "Refund Issued",
        refunded,
        external_id=ids[row],
        channel="system",
        subject=number[row],
        value=price[row],
    )
