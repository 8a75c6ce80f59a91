from django import template
from django.utils.safestring import SafeString

from wayline.journeys import cells
from wayline.signals.vocabulary import SCALES

register = template.Library()


@register.simple_tag
def draw_cell(cell, is_public=False) -> SafeString:
    """A cell of the map with its cards. Accepts: cell (StepCell), is_public (nobody to edit it)."""
    return cells.draw(cell, is_public=bool(is_public))


@register.filter
def scale_name(slug: str) -> str:
    """What people call a scale: "CSAT, 1 to 5"."""
    return SCALES[slug].name if slug in SCALES else slug
