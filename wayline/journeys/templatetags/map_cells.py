from urllib.parse import urlencode

from django import template
from django.utils.safestring import SafeString

from wayline.journeys import cells, templates_library
from wayline.signals.templatetags.scales import scale_name

register = template.Library()
register.filter("scale_name", scale_name)


@register.simple_tag
def draw_cell(cell, is_public=False) -> SafeString:
    """A cell of the map with its cards. Accepts: cell (StepCell), is_public (nobody to edit it)."""
    return cells.draw(cell, is_public=bool(is_public))


@register.simple_tag
def knows_steps(picture) -> bool:
    """Whether a template says which signals one of the steps expects. Accepts: picture."""
    return any(templates_library.step_like(each.step.key) for each in picture.steps)


@register.inclusion_tag("journeys/talk/mark.html", takes_context=True)
def talk_mark(context, kind, key, name) -> dict:
    """Leads to what is said about a phase or a lane. Accepts: kind, key, name (of what it is about)."""
    return {
        "id": f"talks-{kind}-{key}",
        "address": f"discussions/?{urlencode({'kind': kind, 'key': key})}",
        "name": name,
        "open": talks_of(context, kind, key),
    }


@register.simple_tag(takes_context=True)
def talks_of(context, kind, key) -> int:
    """How many discussions about it are open. The page says so in `talk_marks`."""
    return context.get("talk_marks", {}).get((kind, str(key)), 0)
