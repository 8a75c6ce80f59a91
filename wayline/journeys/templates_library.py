"""Journeys to begin with: YAML files in library/, each with the names of signals its steps expect."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import yaml

from wayline.metrics.observed import ObservedName
from wayline.signals.conditions import SignalIs

LIBRARY = Path(__file__).parent / "library"
ORDER = (
    "saas-onboarding",
    "order-to-delivery",
    "return-in-store",
    "get-help",
    "billing-renewal",
    "proactive-help",
    "patient-visit",
    "telecom-switch",
)


@dataclass(frozen=True)
class TemplateStep:
    title: str
    key: str
    names: tuple[str, ...] = ()
    touchpoints: tuple[tuple[str, str], ...] = ()
    cards: tuple[tuple[str, ...], ...] = ()  # lane, kind, words; and the metric of a metric card
    is_required: bool = True
    is_repeatable: bool = False
    is_moment: bool = False
    assumed_feeling: float | None = None


@dataclass(frozen=True)
class TemplatePhase:
    name: str
    question: str
    steps: tuple[TemplateStep, ...]


@dataclass(frozen=True)
class Template:
    slug: str
    name: str
    title: str
    summary: str
    goal: str
    persona: str
    window_days: int | None
    follow: str
    phases: tuple[TemplatePhase, ...]

    @property
    def steps(self) -> tuple[TemplateStep, ...]:
        return tuple(step for phase in self.phases for step in phase.steps)


BLANK = Template("", "Blank", "", "", "", "", 30, "customer", (TemplatePhase("Begin", "", ()),))


@cache
def templates() -> tuple[Template, ...]:
    """The templates in the order in which the product offers them."""
    return tuple(_read(slug) for slug in ORDER)


def find(slug: str) -> Template | None:
    return next((template for template in templates() if template.slug == slug), None)


def plain(name: str) -> str:
    """The name as compared: "order_placed", "orderPlaced" and "Order Placed" are one."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return " ".join(re.findall(r"[a-z0-9]+", spaced.lower()))


def step_like(key: str) -> TemplateStep | None:
    """A step of a template that has this key, expecting what all templates with such a step expect."""
    found = [step for template in templates() for step in template.steps if step.key == key]
    if not found:
        return None
    return replace(found[0], names=tuple(dict.fromkeys(name for step in found for name in step.names)))


def candidates(step: TemplateStep, observed: Iterable[ObservedName]) -> list[list[ObservedName]]:
    """The step's expected names that were observed, in the template's order, each in every spelling of it."""
    seen: dict[str, list[ObservedName]] = {}
    for name in observed:
        seen.setdefault(plain(name.name), []).append(name)
    return [seen[name] for name in dict.fromkeys(map(plain, step.names)) if name in seen]


def binding(step: TemplateStep, observed: Iterable[ObservedName]) -> SignalIs | None:
    """The step bound to the first of its expected names that was observed, in every spelling of it."""
    found = candidates(step, observed)
    if not found:
        return None
    return SignalIs(
        kinds=tuple(sorted({str(name.kind) for name in found[0]})),
        names=tuple(sorted({name.name for name in found[0]})),
    )


def _read(slug: str) -> Template:
    written = yaml.safe_load((LIBRARY / f"{slug}.yaml").read_text())
    return Template(
        slug=slug,
        name=written["name"],
        title=written["title"],
        summary=written["summary"],
        goal=written["goal"],
        persona=written["persona"],
        window_days=written["window_days"],
        follow=written.get("follow", "customer"),
        phases=tuple(
            TemplatePhase(
                phase["name"], phase["question"], tuple(_read_step(step) for step in phase["steps"])
            )
            for phase in written["phases"]
        ),
    )


def _read_step(step: dict) -> TemplateStep:
    return TemplateStep(
        title=step["title"],
        key=step["key"],
        names=tuple(step["names"]),
        touchpoints=tuple((name, channel) for name, channel in step.get("touchpoints", ())),
        cards=tuple(tuple(card) for card in step.get("cards", ())),
        is_required=step.get("required", True),
        is_repeatable=step.get("repeatable", False),
        is_moment=step.get("moment", False),
        assumed_feeling=step.get("feeling"),
    )
