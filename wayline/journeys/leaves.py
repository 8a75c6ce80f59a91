"""Rows of the library as HTML. A tree has seventy at a time, so it is Python and not a template.

Whatever people wrote goes through `escape`; all else here is a number or a word of ours. The table, the
cards and a journey's own place show the same parts.
"""

from collections.abc import Iterable
from html import escape

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from wayline.accounts.models import Workspace
from wayline.kit import numbers
from wayline.kit.templatetags import kit

from .models import Journey
from .queries.shelf import Shelved
from .queries.standings import Together

NOTHING = '<span class="muted">–</span>'


def draw(rows: Iterable[Shelved], workspace: Workspace) -> SafeString:
    """Journeys of the tree, each with what stands in it."""
    addresses = tuple(reverse(f"journeys:{page}", args=[workspace.slug, 0]) for page in ("map", "place"))
    return mark_safe("".join(_leaf(row, addresses) for row in rows))


def _leaf(row: Shelved, addresses: tuple[str, ...]) -> str:
    journey = row.journey
    owner = escape(str(journey.owner)) if journey.owner else "Nobody yet"
    return (
        f'<li><div class="leaf"><span><a href="{_of(row, addresses[0])}">'
        f"{escape(journey.title)}</a> <small>{owner}</small> {said_of(journey)}</span>"
        f'<span class="rate">{how_it_goes(row)}</span>'
        f'<span class="rate">{together(row.together) if journey.inside else ""}</span></div>'
        f"{_children(row, addresses)}</li>"
    )


def _children(row: Shelved, addresses: tuple[str, ...]) -> str:
    drawn = ""
    if row.children:
        inside = "".join(_leaf(child, addresses) for child in row.children)
        drawn = f"<details open><summary>{row.journey.inside} inside</summary><ul>{inside}</ul></details>"
    if row.hidden > 0:
        more = f"{kit.icon('corner-down-right')}{row.hidden}{' more' if row.children else ''} inside"
        drawn += f'<a class="btn quiet" href="{_of(row, addresses[1])}">{more}</a>'
    return drawn


def _of(row: Shelved, address: str) -> str:
    """A page of the journey, by the address of the same page of journey 0: making each costs more."""
    return address.replace("/0/", f"/{row.journey.pk}/")


def said_of(journey: Journey) -> SafeString:
    """Its status and tags."""
    tone = "good" if journey.status == Journey.Status.LIVE else "line"
    chips = [f'<span class="chip {tone}">{journey.get_status_display()}</span>']
    chips += [f'<span class="chip">{escape(tag.name)}</span>' for tag in journey.tags.all()]
    return mark_safe(" ".join(chips))


def how_it_goes(row: Shelved) -> SafeString:
    """How many complete it, or why nobody can say."""
    found = row.conversion
    if found is None:
        words = "Nobody started" if row.bound else "Not bound yet"
        words = "Only holds others" if row.journey.inside and not row.steps else words
        return mark_safe(f'<span class="muted">{"Being worked out" if row.is_waiting else words}</span>')
    change = kit.change(row.change, unit="%", digits=1) if row.change and row.change.before.n else ""
    thin = ", too few to say" if found.is_thin else ""
    share = kit.estimate(found, "%", beside="n thin")
    return mark_safe(
        f'<p class="mrow"><b>{share}</b>{change}</p>'
        f"{kit.whisker(found, unit='%', change=row.change, label='Complete it', is_spoken=False)}"
        f"<small>n {numbers.whole(found.n)}{thin}</small>"
    )


def together(found: Together | None) -> SafeString:
    """The journeys inside, as one."""
    if found is None:
        return mark_safe(NOTHING)
    if found.conversion is None:
        return mark_safe(f'<span class="muted">{found.journeys} inside, none bound</span>')
    inside = f"{found.journeys} journey{'' if found.journeys == 1 else 's'} inside"
    share = kit.estimate(found.conversion, "%", beside="n")
    return mark_safe(
        f'<p class="mrow"><b>{share}</b></p>'
        f"{kit.whisker(found.conversion, unit='%', label='Complete the journeys inside', is_spoken=False)}"
        f"<small>n {numbers.whole(found.conversion.n)}, {inside}</small>"
    )
