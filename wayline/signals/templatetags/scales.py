"""What people call the scales that scores are given on."""

from django import template

from wayline.signals.vocabulary import SCALES

register = template.Library()


@register.filter
def scale_name(slug: str) -> str:
    """What people call a scale: "CSAT, 1 to 5"."""
    return SCALES[slug].name if slug in SCALES else slug
