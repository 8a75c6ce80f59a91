"""The retail line: ordering, waiting, receiving, and sending back."""

from dataclasses import dataclass
from functools import partial
from typing import Any

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
class Basket:
    """One row per order as it was placed."""

    who: np.ndarray
    ids: np.ndarray
    number: np.ndarray
    placed: np.ndarray
    product: np.ndarray
    price: np.ndarray

    def __len__(self):
        return len(self.who)

    def only(self, rows: np.ndarray) -> "Basket":
        return Basket(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


@dataclass
class Orders:
    """One row per order that left the warehouse. Refunds, refusals and returns are people and moments."""

    who: np.ndarray
    number: np.ndarray
    placed: np.ndarray
    arrives: np.ndarray
    days: np.ndarray
    lost: np.ndarray
    refund_late: tuple[np.ndarray, np.ndarray]  # who waits for more than six days, and since when
    refused: tuple[np.ndarray, np.ndarray]
    returning: tuple[np.ndarray, np.ndarray]


def sell(
    rng: np.random.Generator, people: People, memory: Memory, stream: Stream, voice: Voice, *, prefix: str
) -> Orders:
    """Let everybody who shops order, wait, receive and perhaps send back."""
    join(people, stream)
    basket = order(rng, people, stream, prefix)
    paid, pay_at = pay(rng, stream, basket)
    days = delivery_days(rng, len(basket))
    quits = think_better(rng, people, stream, basket, paid, pay_at, days)

    sent = paid & ~quits
    basket, days, pay_at = basket.only(sent), days[sent], pay_at[sent]
    lost, shipped, arrives = deliver(rng, stream, basket, days, pay_at)
    track(rng, stream, basket.ids, basket.number, shipped, arrives)
    who, number, placed = basket.who, basket.number, basket.placed
    judge(rng, people, memory, stream, voice, who, number, placed, arrives, days, lost)
    late, refused, returning = send_back(rng, people, memory, stream, basket, arrives, days)
    return Orders(who, number, placed, arrives, days, lost, late, refused, returning)


def join(people: People, stream: Stream) -> None:
    """Those who subscribe have an account from signing up; the others get one in the shop."""
    only_shop = people.shops[people.line[people.shops] == "shop"]
    stream.add(
        Kind.BEHAVIOR,
        "Account Created",
        people.joined[only_shop],
        external_id=people.external_id[only_shop],
        email=people.email[only_shop],
        channel="web",
        traits=people.traits(only_shop),
    )


def order(rng, people: People, stream: Stream, prefix: str) -> Basket:
    """What is bought, after some looking around; the satisfied come back more often."""
    shoppers = people.shops
    who = np.repeat(
        shoppers, 1 + rng.poisson(1.5 + 0.3 * people.goodwill[shoppers].clip(-1, 2), len(shoppers))
    )
    placed = order_days(rng, people, who, stream.now)
    number = np.array([f"{prefix}{place:05d}" for place in range(len(who))], object)
    product = pick(rng, PRODUCTS, len(who))
    price = np.array([PRICES[name] for name in product]) * rng.integers(1, 4, len(who))
    basket = Basket(who, people.external_id[who], number, placed, product, price)
    browse(rng, stream, basket.ids, placed, product)
    stream.add(
        Kind.BEHAVIOR,
        "Order Placed",
        placed,
        external_id=basket.ids,
        channel="web",
        subject=number,
        value=price,
        properties={"product": product},
    )
    return basket


def pay(rng, stream: Stream, basket: Basket) -> tuple[np.ndarray, np.ndarray]:
    """Whose payment went through, and when; the mail that confirms it makes its own promise."""
    paid = rng.random(len(basket)) >= truth.PAYMENT_FAILS
    pay_at = basket.placed + lasting(rng, len(basket), median=3 * MINUTE, spread=1.2, longest=DAY)
    for name, those in (("Payment Failed", ~paid), ("Payment Approved", paid)):
        stream.add(
            Kind.OPERATION,
            name,
            pay_at[those],
            external_id=basket.ids[those],
            channel="system",
            subject=basket.number[those],
        )
    confirmed = pay_at[paid] + MINUTE
    say_delivery(stream, truth.SHIPPING_STATEMENTS[1], confirmed, basket.ids[paid], basket.number[paid])
    return paid, pay_at


def think_better(rng, people: People, stream: Stream, basket: Basket, paid, pay_at, days) -> np.ndarray:
    """The impatient who cancel before the parcel has left."""
    quits = paid & happens(rng, -people.patience[basket.who], truth.CANCELED_BEFORE_SHIPPING)
    cancel_at = pay_at + (days * 0.4 * DAY * rng.random(len(basket))).astype(np.int64)
    stream.add(
        Kind.BEHAVIOR,
        "Order Canceled",
        cancel_at[quits],
        external_id=basket.ids[quits],
        channel="web",
        subject=basket.number[quits],
    )
    return quits


def deliver(rng, stream: Stream, basket: Basket, days, pay_at) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which parcels were lost, when each was shipped, and when it comes."""
    n, placed = len(basket), basket.placed
    under_way = (days * DAY * rng.uniform(0.35, 0.6, n)).astype(np.int64)
    shipped = placed + under_way + 5 * MINUTE + (pay_at - placed)
    carried: dict[str, Any] = {"external_id": basket.ids, "channel": "carrier", "subject": basket.number}
    stream.add(Kind.OPERATION, "Order Shipped", shipped, **carried)
    lost = rng.random(n) < truth.PARCEL_LOST
    arrives = np.maximum(placed + (days * DAY).astype(np.int64), shipped + 6 * HOUR)
    # A moment after now is never told: that is how a lost parcel does not arrive.
    arrives = np.where(lost, stream.now + 30 * DAY, arrives)
    stream.add(Kind.OPERATION, "Order Delivered", arrives, **carried, properties={"days": np.round(days, 1)})
    return lost, shipped, arrives


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


def send_back(rng, people: People, memory: Memory, stream: Stream, basket: Basket, arrives, days):
    """Returns: by post, where refunds wait since the policy changed, or to a shop that may not know of it."""
    who = basket.who
    back = np.flatnonzero(happens(rng, 0.05 * days - 0.2 * people.goodwill[who], truth.RETURNS))
    asked = arrives[back] + lasting(rng, len(back), median=3 * DAY, spread=0.7, longest=20 * DAY)
    in_store = rng.random(len(back)) < truth.RETURNED_IN_STORE
    stream.add(
        Kind.BEHAVIOR,
        "Return Requested",
        asked,
        external_id=basket.ids[back],
        channel="web",
        subject=basket.number[back],
        properties={"way": np.where(in_store, "in store", "by post").astype(object)},
    )
    refused = bring_to_store(rng, memory, stream, basket, back[in_store], asked[in_store])
    late = send_by_post(rng, memory, stream, basket, back[~in_store], asked[~in_store])
    curious = rng.random(len(back)) < 0.12
    return late, refused, (who[back[curious]], asked[curious] - HOUR)


def bring_to_store(rng, memory: Memory, stream: Stream, basket: Basket, store, asked):
    """Over the counter; answers who was sent away, and when."""
    visit = asked + lasting(rng, len(store), median=1.5 * DAY, spread=0.6, longest=9 * DAY)
    refused = rng.random(len(store)) < truth.STORE_CANNOT_FIND_ORDER
    stream.add(
        Kind.OPERATION,
        "Return Refused",
        visit[refused],
        external_id=basket.ids[store[refused]],
        channel="store",
        subject=basket.number[store[refused]],
        properties={"reason": "order not found in the shop's till"},
    )
    taken = visit + np.where(refused, 8 * DAY, 0)
    refund = taken + lasting(
        rng, len(store), median=truth.STORE_REFUND_MEDIAN_DAYS * DAY, spread=0.4, longest=6 * DAY
    )
    hand_back(stream, basket.only(store), taken, refund, channel="store")
    memory.keep("store_refused", basket.who[store[refused]], visit[refused])
    memory.keep("store_easy", basket.who[store[~refused]], refund[~refused])
    return basket.who[store[refused]], visit[refused]


def send_by_post(rng, memory: Memory, stream: Stream, basket: Basket, post, asked):
    """By parcel, before and after the change of policy; answers who waits long, and since when."""
    parcel = asked + lasting(rng, len(post), median=3 * DAY, spread=0.4, longest=9 * DAY)
    changed = stream.now - truth.POLICY_CHANGE.days_ago * DAY
    median = np.where(
        parcel >= changed,
        truth.POLICY_CHANGE.refund_median_days_after,
        truth.POLICY_CHANGE.refund_median_days_before,
    )
    waits = np.clip(median * DAY * np.exp(0.35 * evenly(rng, median)), HOUR, 40 * DAY).astype(np.int64)
    hand_back(stream, basket.only(post), parcel, parcel + waits, channel="carrier")
    slow = waits > 6 * DAY
    memory.keep("refund_slow", basket.who[post[slow]], parcel[slow] + 6 * DAY)
    memory.keep("refund_quick", basket.who[post[~slow]], (parcel + waits)[~slow])
    return basket.who[post[slow]], parcel[slow] + 6 * DAY


def hand_back(stream: Stream, basket: Basket, received, refunded, *, channel: str) -> None:
    stream.add(
        Kind.OPERATION,
        "Order Returned",
        received,
        external_id=basket.ids,
        channel=channel,
        subject=basket.number,
    )
    stream.add(
        Kind.OPERATION,
        "Refund Issued",
        refunded,
        external_id=basket.ids,
        channel="system",
        subject=basket.number,
        value=basket.price,
    )
