"""Which signals a template's steps could be, when several sources have sent what it expects."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from wayline.accounts.models import Membership
from wayline.journeys import templates_library
from wayline.journeys.queries.bindings import suggestions
from wayline.journeys.templates_library import Template, TemplateStep, plain
from wayline.metrics import observed
from wayline.metrics.observed import ObservedName, Origin
from wayline.signals import queries as signals

SOURCES_SHOWN = 30


@dataclass(frozen=True)
class Source:
    """Somebody or something that sent signals."""

    value: str
    label: str
    n: int
    last_at: datetime


@dataclass(frozen=True)
class Candidate:
    """A name that could be the step."""

    value: str
    observed: ObservedName
    is_expected: bool  # by the template; else it only reads like the step
    is_chosen: bool
    sources: tuple[Source, ...]
    elsewhere: int  # signals of the same name that another source sent than the one looked at


@dataclass(frozen=True)
class Planned:
    step: TemplateStep
    candidates: tuple[Candidate, ...]
    disagree: bool  # the sources would bind it to different names

    @property
    def is_bound(self) -> bool:
        return any(candidate.is_chosen for candidate in self.candidates)


@dataclass(frozen=True)
class Plan:
    """A template beside the signals there are, all of them or those of one source."""

    template: Template
    source: str
    sources: tuple[Source, ...]
    steps: tuple[Planned, ...]
    named_elsewhere: int  # scores and sentences of others that name a step, when one source is looked at

    @property
    def bound(self) -> int:
        return sum(step.is_bound for step in self.steps)

    @property
    def unclear(self) -> int:
        """Steps that several sources could be, as long as none was chosen."""
        return 0 if self.source else sum(step.disagree for step in self.steps)

    @property
    def source_label(self) -> str:
        return next((each.label for each in self.sources if each.value == self.source), self.source)


def plan(member: Membership, template: Template, *, source: str = "") -> Plan:
    """Each step with the names that could be it, and who sent them."""
    origins = observed.origins(member.workspace_id)
    labels = signals.source_names(member, {origin.source for origin in origins})
    found = observed.names(member.workspace_id, source=source)
    taken = {plain(name) for step in template.steps for name in step.names}
    free = tuple(name for name in found if plain(name.name) not in taken)
    return Plan(
        template=template,
        source=source,
        sources=sources(member)[:SOURCES_SHOWN],
        steps=tuple(_planned(step, found, free, origins, labels, source) for step in template.steps),
        named_elsewhere=_named_elsewhere(member, template, source) if source else 0,
    )


def _named_elsewhere(member: Membership, template: Template, source: str) -> int:
    keys = frozenset(step.key for step in template.steps)
    return observed.named_elsewhere(member.workspace_id, keys, source)


def sources(member: Membership) -> tuple[Source, ...]:
    """Everybody who sent signals, the latest first."""
    by_source: dict[str, list[Origin]] = defaultdict(list)
    for origin in observed.origins(member.workspace_id):
        by_source[origin.source].append(origin)
    labels = signals.source_names(member, set(by_source))
    found = [
        Source(source, labels[source], sum(each.n for each in theirs), max(each.last_at for each in theirs))
        for source, theirs in by_source.items()
        if source and not source.startswith("rule:")  # what rules conclude is of their own
    ]
    return tuple(sorted(found, key=lambda each: each.last_at, reverse=True))


def is_unclear(template: Template, origins: Sequence[Origin]) -> bool:
    """Whether one source would bind some step to another name than another source does."""
    return any(_disagree(step, origins) for step in template.steps)


def _disagree(step: TemplateStep, origins: Sequence[Origin]) -> bool:
    expected = {plain(name): place for place, name in enumerate(step.names)}
    first: dict[str, int] = {}
    for origin in origins:
        place = expected.get(plain(origin.name))
        if place is not None:
            first[origin.source] = min(place, first.get(origin.source, place))
    return len(set(first.values())) > 1


def _planned(
    step: TemplateStep,
    names: Sequence[ObservedName],
    free: tuple[ObservedName, ...],  # what no step of the template expects
    origins: Sequence[Origin],
    labels: dict[str, str],
    source: str,
) -> Planned:
    groups = templates_library.candidates(step, names)
    expected = [name for group in groups for name in group]
    likely = suggestions(step.title, free)
    chosen = groups[0] if groups else []
    return Planned(
        step,
        tuple(
            _candidate(name, origins, labels, source, is_expected=name in expected, is_chosen=name in chosen)
            for name in (*expected, *likely)
        ),
        _disagree(step, origins),
    )


def _candidate(name: ObservedName, origins, labels, source: str, **marks: bool) -> Candidate:
    senders = [origin for origin in origins if (origin.kind, origin.name) == (name.kind, name.name)]
    return Candidate(
        value=f"{name.kind}:{name.name}",
        observed=name,
        sources=tuple(Source(each.source, labels[each.source], each.n, each.last_at) for each in senders),
        elsewhere=sum(each.n for each in senders if each.source != source) if source else 0,
        **marks,
    )
