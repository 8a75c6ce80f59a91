"""Tags and filters every template has: icons, estimates with their uncertainty, readable numbers."""

from datetime import datetime
from functools import cache, lru_cache
from os.path import commonprefix

from django import template
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils import formats, timezone
from django.utils.html import format_html, format_html_join
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString, mark_safe

from wayline.kit import numbers
from wayline.kit.charts.scales import Scale

register = template.Library()

NOTHING = "nothing to say yet"

register.filter("whole", numbers.whole)
register.filter("duration", numbers.duration)
register.filter("signed", numbers.signed)
register.filter("percent", numbers.percent)
register.filter("points", numbers.points)
register.filter("briefly", numbers.briefly)
register.filter("compact", numbers.compact)
register.filter("grouped", numbers.grouped)
register.filter("unlocalized", lambda value: str(value))
register.filter("in_unit", numbers.in_unit)


@register.filter
def day(at: datetime) -> str:
    """“5 Sep”, and the year where it is not this one."""
    return formats.date_format(at, "j M" if at.year == timezone.now().year else "j M Y")


@cache
def _sprite() -> str:
    # A map has seventy icons, and every one would join the address anew.
    return static("kit/icons.svg")


# A page has a hundred icons and says only a few of them; labels made of a person's words are let go again.
@register.simple_tag
@lru_cache(maxsize=2_000)
def icon(name: str, label: str = "", css: str = "") -> SafeString:
    """An icon of the sprite; with a label it speaks, without one it is decoration."""
    classes = f"icon {css}".strip()
    address = f"{_sprite()}#{name}"
    if label:
        shell = '<svg class="{}" role="img" aria-label="{}"><use href="{}"/></svg>'
        return format_html(shell, classes, label, address)
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}"/></svg>', classes, address)


@register.simple_tag
def estimate(e, unit: str = "", digits: int = 0, beside: str = "") -> SafeString:
    """The value; its interval, n and method are shown on hover, and spoken unless they stand beside it.

    `beside` names what does: "n", "interval n", or "interval n thin".
    """
    if e is None or e.value is None:
        return format_html(
            '<span class="est none" title="{0}">–<span class="vh"> {0}</span></span>', "nothing to say yet"
        )
    value, suffix = numbers.split_unit(e.value, unit, digits)
    shown = format_html('{}<span class="unit">{}</span>', value, suffix) if suffix else value
    spoken = _doubts(e, unit, digits, beside)
    return format_html(
        '<span class="est num{}" title="{}">{}{}</span>',
        " thin" if e.is_thin else "",
        f"{uncertainty(e, unit, digits)}; {e.method}",
        shown,
        format_html('<span class="vh"> ({})</span>', spoken) if spoken else "",
    )


@register.simple_tag
def uncertainty(e, unit: str = "", digits: int = 0) -> str:
    """The interval and n in words: “95 % interval 65 % to 71 %, n 2 210”."""
    return NOTHING if e is None or e.value is None else _doubts(e, unit, digits)


def _doubts(e, unit: str, digits: int, beside: str = "") -> str:
    parts = {"n": f"n {numbers.whole(e.n)}"}
    if e.low is not None and e.high is not None:
        parts = {"interval": f"95% interval {_bounds(e, unit, digits)}"} | parts
    if e.is_thin:
        parts["thin"] = "too few to say"
    return ", ".join(words for part, words in parts.items() if part not in beside.split())


@register.simple_tag
def interval(e, unit: str = "", digits: int = 0, is_headed: bool = False) -> SafeString | str:
    """Only the bounds, for the small print below a number: “65 to 71”.

    What they are is spoken too, unless they stand below a heading that says so.
    """
    if e is None or e.low is None or e.high is None:
        return "no interval"
    bounds = _bounds(e, unit, digits)
    return bounds if is_headed else format_html('<span class="vh">95% interval </span>{}', bounds)


def _bounds(e, unit: str, digits: int) -> str:
    low, suffix = numbers.split_unit(e.low, unit, digits)
    high, _ = numbers.split_unit(e.high, unit, digits)
    return f"{low} to {high}{suffix}"


@register.simple_tag
def lasting(e) -> str:
    """An estimated duration with its bounds in one unit, for small print: “18 h, 15 to 20”."""
    return NOTHING if e is None else numbers.lasting(e.value, e.low, e.high)


@register.simple_tag
def whisker(
    e, low=0, high=100, change=None, target=None, label="", unit="", digits=0, css="", is_spoken=True
) -> SafeString:
    """Dot and whisker on the scale from low to high, both in the unit shown (0 to 100 for percent).

    Not spoken where the words beside it say the same.

    Filled dot: now. Bar with end ticks: 95 % interval. Hollow dot: before. Upright tick: target.
    Thin evidence: hollow dot, dashed interval.
    """
    if e is None or e.value is None:
        return format_html(
            '<span class="wk none" role="img" aria-label="{}"></span>', f"{label}: nothing to say yet"
        )
    factor = 100 if unit == "%" else 1
    scale = Scale(float(low), float(high))
    before = change.before if change else None
    words = [
        f"{label}: {numbers.amount(e.value, unit, digits)}"
        if label
        else numbers.amount(e.value, unit, digits)
    ]
    words.append(uncertainty(e, unit, digits))

    marks = []
    if target is not None:
        marks.append(("tg", f"left:{scale.percent(target * factor)}%"))
        words.append(f"target {numbers.amount(target, unit, digits)}")
    if e.low is not None and e.high is not None:
        start, end = scale.percent(e.low * factor), scale.percent(e.high * factor)
        marks.append(("ci", f"left:{start}%;width:{round(end - start, 2)}%"))
    if before is not None and before.value is not None:
        marks.append(("pv", f"left:{scale.percent(before.value * factor)}%"))
        words.append(f"before {numbers.amount(before.value, unit, digits)}")
    marks.append(("pt", f"left:{scale.percent(e.value * factor)}%"))

    classes = " ".join(filter(None, ["wk", css, "thin" if e.is_thin else ""]))
    drawn = format_html_join("", '<i class="{}" style="{}"></i>', marks)
    sentence = ", ".join(words)
    heard = mark_safe('aria-hidden="true"')
    if is_spoken:
        heard = format_html('role="img" aria-label="{}"', sentence)
    return format_html('<span class="{}" {} title="{}">{}</span>', classes, heard, sentence, drawn)


@register.simple_tag
def change(
    c, direction: str = "up", unit: str = "", digits: int = 0, words: bool = True, other: str = "before"
) -> SafeString | str:
    """Arrow and amount. Color only beyond noise; else grey and “within noise” or “too few to say”.

    `direction` says which way is better: up, down, or neither; `other` names what it is compared with.
    """
    if c is None:
        return ""
    if c.difference is None or c.verdict == "too few to say":
        return format_html('<span class="delta thin">{}{}</span>', "too few to say", _thin_side(c, other))
    number, suffix = numbers.split_unit(abs(c.difference), unit, digits)
    shown = number if unit == "%" else f"{number}{suffix}"
    is_flat = not number.strip("0.")
    arrow = "minus" if is_flat else "arrow-up" if c.difference > 0 else "arrow-down"
    if c.verdict == "within noise":
        tone, verdict = "", "within noise"
    elif direction not in ("up", "down"):
        tone, verdict = "", "real change"
    else:
        tone, verdict = ("up", "better") if c.verdict == direction else ("down", "worse")
    title = f"{verdict}; {_difference_in_words(c, unit, digits)}"
    visible = verdict if words and verdict == "within noise" else ""
    return format_html(
        '<span class="delta {}" title="{}">{}<span class="num">{}</span>'
        '<span class="vh"> {} {}</span>{}</span>',
        tone,
        title,
        icon(arrow),
        shown,
        "" if is_flat else "more" if c.difference > 0 else "less",
        "" if visible else verdict,
        format_html(' <span class="verdict">{}</span>', visible) if visible else "",
    )


def _thin_side(c, other: str) -> str:
    """Which side lacks answers, where it is the other one; the n beside the value says it of its own."""
    if c.before.value is not None and not c.before.is_thin:
        return ""
    return f", n {numbers.whole(c.before.n)} {other}" if c.before.n else f", nothing {other}"


def _difference_in_words(c, unit: str, digits: int) -> str:
    if c.low is None or c.high is None:
        return c.method
    if unit in ("s", "seconds"):
        low, high = (f"{'+' if bound > 0 else ''}{numbers.duration(bound)}" for bound in (c.low, c.high))
    else:
        low, high = (numbers.signed(numbers.in_unit(bound, unit), digits) for bound in (c.low, c.high))
    points = " points" if unit == "%" else ""
    return f"difference {low} to {high}{points} (95% interval), {c.method}"


@register.simple_tag(takes_context=True)
def shell_sections(context, navigation) -> list[dict]:
    """The side bar with the links that exist: entries whose URL does not resolve are left out."""
    workspace = context.get("workspace")
    if workspace is None:
        return []
    open_area, open_page = context.get("open_area", ""), context.get("open_page", "")
    sections = []
    for title, entries in navigation or ():
        links = []
        for name, label, symbol in entries:
            try:
                address = reverse(name, args=[workspace.slug])
            except NoReverseMatch:
                continue
            links.append({"name": name, "label": label, "icon": symbol, "address": address, "is_open": False})
        if links:
            sections.append({"title": title, "links": links})
    _mark_open(sections, open_area, open_page)
    return sections


def _mark_open(sections: list[dict], open_area: str, open_page: str) -> None:
    """Mark the one link whose name is nearest to the open page's, within its area."""
    near = [
        link for section in sections for link in section["links"] if link["name"].split(":")[0] == open_area
    ]
    if near:
        nearest = max(
            near, key=lambda link: (link["name"] == open_page, len(commonprefix([link["name"], open_page])))
        )
        nearest["is_open"] = True


@register.filter
def in_a_row(sections: list[dict]) -> list[dict]:
    """All links of the side bar without their sections, for the tab bar on phones."""
    return [link for section in sections for link in section["links"]]


@register.filter
def item(mapping, key):
    """mapping[key], or None."""
    return mapping.get(key) if hasattr(mapping, "get") else None


@register.simple_tag(takes_context=True)
def query(context, **changes) -> str:
    """The page's query string with some values changed; None takes one away: {% query page=2 %}."""
    request = context.get("request")
    values = request.GET.copy() if request else None
    if values is None:
        return ""
    for name, value in changes.items():
        if value in (None, ""):
            values.pop(name, None)
        else:
            values[name] = value
    return f"?{values.urlencode()}" if values else "?"


@register.filter
def palette_place(key) -> int:
    """One of the four colors for people, always the same for the same key."""
    text = str(key)
    return (int(text) if text.isdigit() else sum(text.encode())) % 4 + 1


@register.filter
def own_address(address: str | None, request) -> str:
    """The address when it is one of ours, else nothing: a link back must not lead to another site."""
    hosts = {request.get_host()} if request else set()
    return address if address and url_has_allowed_host_and_scheme(address, allowed_hosts=hosts) else ""


@register.filter
def is_checkbox(field) -> bool:
    return getattr(field.field.widget, "input_type", "") == "checkbox"
