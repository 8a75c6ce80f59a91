"""The whole suggestion, put together line by line."""

import re
from pathlib import Path

from wayline.signals.imports import readers
from wayline.signals.vocabulary import SCALES

from . import lines
from .beside import Beside, lookups, short_names
from .profiles import Profile, number_in, profiles
from .roles import Roles
from .words import plain, quoted


def suggest(path: Path, *, beside: dict[str, Path] | None = None, name: str | None = None) -> str:
    """YAML for the file: a beginning to correct, not an answer."""
    source, columns = profiles(path)
    beside = beside or {}
    names = short_names([name or path.name, *beside])[1:]
    others = [
        Beside(word, file, profiles(at)[1], columns)
        for word, (file, at) in zip(names, beside.items(), strict=True)
    ]
    roles = Roles(source, columns, others)
    out = _head(name or path.name, path, columns)
    out += _how_written(source, roles)
    out += [*_dates(roles), *_meanings(roles), *_grouping(roles), *lookups(others), *lines.computed(roles)]
    if roles.is_log:
        out.append("# An event log: a case, an activity and a time in each row.")
    out += [*lines.defaults(roles), "signals:"]
    out += [line for entry in lines.entries(roles) for line in entry]
    if not roles.is_log:
        out += [
            line for other in others for line in other.entry(roles.row_id, came=roles.promise is not None)
        ]
    out += lines.customers(roles)
    return "\n".join(out) + "\n"


def _head(name: str, path: Path, columns: list[Profile]) -> list[str]:
    kind = " ".join(re.findall(r"[A-Za-z]+", Path(readers.inner_name(path)).stem))
    return [
        f"# Proposed for {name} from its first {columns[0].rows if columns else 0:,} rows.",
        "# Every guess says why. Correct what is wrong, then look at the preview.",
        f"name: {plain(kind or 'file')}",
    ]


def _how_written(source: readers.Source, roles: Roles) -> list[str]:
    out = []
    if source.encoding and source.encoding not in {"utf-8", "utf-8-sig"}:
        out += ["file:", f"  encoding: {source.encoding}  # the one that leaves the least nonsense"]
    if roles.markers:
        markers = ", ".join(map(quoted, roles.markers))
        out.append(f"missing: [{markers}]  # found where other rows hold values")
    with_comma = next((c for c in roles.columns if c.is_number and c.has_comma), None)
    if with_comma:
        out.append(f'decimal: ","  # {plain(with_comma.name)} holds {with_comma.example}')
    return out


def _grouping(roles: Roles) -> list[str]:
    if not (roles.state and roles.subject):
        return []
    return [f"group_by: {plain(roles.subject.name)}  # it occurs on several rows: a history"]


def _dates(roles: Roles) -> list[str]:
    found = []
    for column in roles.dates:
        evidence = column.days
        if evidence.numeric and bool(evidence.day_first) == bool(evidence.month_first):
            found += [
                f"  # {plain(column.name)}: is {evidence.open[0] if evidence.open else column.example} "
                "with the day or the month first? Write true or false.",
                f"  {plain(column.name)}: {{day_first: WRITE true OR false}}",
            ]
        elif evidence.numeric:
            settled = (evidence.day_first or evidence.month_first)[0]
            answer = "true" if evidence.day_first else "false"
            found.append(
                f"  {plain(column.name)}: {{day_first: {answer}}}  # {settled} can be read in one way only"
            )
    return ["dates:", *found] if found else []


def _meanings(roles: Roles) -> list[str]:
    """Codes outside a score's scale, which most often stand for no answer."""
    found = []
    for column, slug in roles.scores:
        scale = SCALES[slug]
        outside = [v for v in column.counts if not scale.low <= (number_in(v) or 0) <= scale.high]
        if outside:
            meanings = ", ".join(f"{quoted(value)}: null" for value in sorted(outside))
            found.append(
                f"  {plain(column.name)}: {{{meanings}}}  # outside {scale.name}: taken as no answer"
            )
    return ["values:", *found] if found else []
