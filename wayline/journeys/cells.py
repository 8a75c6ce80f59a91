"""The cells of a map as HTML. Six hundred cards are drawn at a time, so it is Python and not a template.

Whatever people wrote goes through `escape`; all else here is a number or a word of ours. The same for
everybody who may read the map: what may be edited is shown by the page around it.
"""

from html import escape

from django.utils.safestring import SafeString, mark_safe

from wayline.kit.templatetags.kit import icon

from .badges import Badge
from .queries.board import Standing, StepCell


def draw(cell: StepCell, *, is_public: bool = False) -> SafeString:
    """What a lane holds at one step: its cards, and for members the way to add one."""
    lane, title = escape(cell.lane.title), escape(cell.step.title)
    cards = "".join(_card(standing, is_public) for standing in cell.cards)
    drawn = (
        f'<ul class="cell at" id="{escape(cell.id)}" data-lane="{escape(cell.lane.key)}"'
        f' data-step="{cell.step.pk}" data-n="{cell.number}" data-name="step {cell.number}, {title}"'
        f' aria-label="{lane}, step {cell.number}: {title}">{cards}</ul>'
    )
    if not is_public:
        drawn += (
            f'<a class="add" href="cards/add/?lane={escape(cell.lane.key)}&amp;step={cell.step.pk}"'
            f' tabindex="-1" data-add aria-label="Add to {lane}, step {cell.number}">+</a>'
        )
    return mark_safe(drawn)


def _card(card: Standing, is_public: bool) -> str:
    title = escape(card.title)
    voice = ' class="voice" dir="auto"' if card.kind == "quote" else ""
    words = title
    more = ""
    if not is_public:
        words = f'<a class="open" href="../cards/{card.placement}/" draggable="false">{title}</a>'
        more = (
            '<button class="more" type="button" data-menu tabindex="-1"'
            f' aria-label="Actions for {title}">⋯</button>'
        )
    return (
        f'\n<li class="card k-{card.kind}" id="card-{card.placement}" data-card="{card.placement}"'
        f' data-version="{card.version}" data-said="{card.said}">{_picture(card, is_public)}'
        f"<p{voice}>{words}</p>{_marks(card, is_public)}{more}</li>"
    )


def _picture(card: Standing, is_public: bool) -> str:
    if not card.picture:
        return ""
    address = f"{'' if is_public else '../'}pictures/{card.picture}/"
    size = f'width="{card.picture_width}" height="{card.picture_height}"'
    return f'<img src="{address}" {size} alt="" loading="lazy">'


def _marks(card: Standing, is_public: bool) -> str:
    """The small line below the words: what more there is to know about the card."""
    marks = [escape(card.channel)] if card.channel else []
    if card.leads_to:
        marks.append(icon(card.leads_by) + escape(card.leads_to))
    if card.has_more:
        marks.append(icon("letter-text", "more inside"))
    if card.talks and not is_public:
        marks.append(f"{icon('message-square', 'open discussions:')}{card.talks}")
    if card.elsewhere:
        marks.append(f"on {card.elsewhere} more map{'' if card.elsewhere == 1 else 's'}")
    if card.owner and not is_public:
        marks.append(escape(card.owner))
    if not is_public:
        marks += [_badge(badge) for badge in card.badges]
    return f"<small>{''.join(f'<span>{mark}</span>' for mark in marks)}</small>" if marks else ""


def _badge(badge: Badge) -> str:
    """Leads to what the card is in a higher area. Its panel has the same link, for the keyboard."""
    css = "badge warn" if badge.is_warning else "badge"
    return (
        f'<a class="{css}" href="../../{escape(badge.path)}" title="{escape(badge.meaning)}" tabindex="-1"'
        f' draggable="false">{icon(badge.icon)}{escape(badge.text)}'
        f'<span class="vh"> ({escape(badge.meaning)})</span></a>'
    )
