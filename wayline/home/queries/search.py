"""One box that finds journeys, customers, metrics and pages."""

from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse

from wayline.accounts.models import Membership
from wayline.customers import queries as everybody
from wayline.journeys.models import Journey
from wayline.metrics.catalog import METRICS
from wayline.navigation import NAVIGATION

EACH = 6


@dataclass(frozen=True)
class Hit:
    words: str
    note: str
    icon: str
    address: str


@dataclass(frozen=True)
class Hits:
    """What was found, one sort after another; sorts without a hit are left out."""

    title: str
    hits: tuple[Hit, ...]


def search(member: Membership, words: str) -> tuple[Hits, ...]:
    """Everything this member may open whose name holds the words; without words, where to go."""
    words = " ".join(words.split())
    found = (
        Hits("Journeys", journeys(member, words)),
        Hits("Customers", customers(member, words)),
        Hits("Metrics", metrics(member, words)),
        Hits("Pages", pages(member, words)),
    )
    return tuple(group for group in found if group.hits)


def journeys(member: Membership, words: str) -> tuple[Hit, ...]:
    slug = member.workspace.slug
    rows = Journey.objects.visible_to(member).filter(title__icontains=words)[:EACH]
    return tuple(
        Hit(row.title, row.persona, "map", reverse("journeys:map", args=[slug, row.pk])) for row in rows
    )


def customers(member: Membership, words: str) -> tuple[Hit, ...]:
    """By name, e-mail, phone or the beginning of an id; nobody is listed before something was typed."""
    if len(words) < 2:
        return ()
    slug = member.workspace.slug
    rows = everybody.found_by(everybody.customers(member), words)[:EACH]
    return tuple(
        Hit(str(row), row.email if row.name else "", "user", reverse("home:customer", args=[slug, row.pk]))
        for row in rows
    )


def metrics(member: Membership, words: str) -> tuple[Hit, ...]:
    if not words:
        return ()
    slug = member.workspace.slug
    wanted = words.lower()
    rows = [metric for metric in METRICS.values() if wanted in f"{metric.name} {metric.slug}".lower()]
    return tuple(
        Hit(metric.name, metric.slug, "gauge", address)
        for metric in rows[:EACH]
        if (address := address_of("metrics:metric", slug, metric.slug))
    )


def pages(member: Membership, words: str) -> tuple[Hit, ...]:
    slug = member.workspace.slug
    return tuple(
        Hit(label, section or "", symbol, address)
        for section, entries in NAVIGATION
        for name, label, symbol in entries
        if words.lower() in label.lower() and (address := address_of(name, slug))
    )


def address_of(name: str, *arguments) -> str:
    """The page's address, or nothing where there is no such page."""
    try:
        return reverse(name, args=arguments)
    except NoReverseMatch:
        return ""
