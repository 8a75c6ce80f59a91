"""Imports from the command line: suggest, try out, run."""

from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from django.utils import timezone

from wayline.accounts.models import Workspace

from . import mapping as mappings
from . import plan as plans
from . import run as runs
from . import suggest as suggestions
from .models import Import


def from_command_line(
    workspace: Workspace | None,
    file: str | Path,
    mapping_path: str | Path | None,
    dry_run: bool,
    suggest: bool,
    stdout: TextIO,
    advance: Callable[..., Import] = runs.advance,
) -> int:
    """Do what `wayline import` asks; `advance` may be another way to let the import go on.

    0 when rows were read, 1 when every row was refused or the import failed."""
    path = Path(file)
    if not path.is_file():
        raise runs.ImportNotPossible(f"There is no file {path}. Check the name.")
    if suggest:
        stdout.write(suggestions.suggest(path))
        return 0
    if mapping_path is None:
        raise runs.ImportNotPossible(
            f"Say how to read the file with --mapping. To begin: wayline import {path} --suggest "
            "> mapping.yaml"
        )
    if not Path(mapping_path).is_file():
        raise runs.ImportNotPossible(f"There is no mapping {mapping_path}. Check the name.")
    if workspace is None:
        raise runs.ImportNotPossible("Say with --workspace which workspace the file is for.")
    text = Path(mapping_path).read_text("utf-8")
    beside = files_beside(path, mappings.read(text))
    if dry_run:
        return _try_out(workspace, path, text, beside, stdout)
    return _run(workspace, path, text, beside, stdout, advance)


def files_beside(path: Path, mapping: mappings.Mapping) -> list[Path]:
    """The lookups' files, which lie in the same directory as the main one."""
    names = dict.fromkeys(lookup.file for lookup in mapping.lookups.values() if lookup.file != path.name)
    found = [path.parent / Path(name).name for name in names]
    for one in found:
        if not one.is_file():
            raise runs.ImportNotPossible(
                f"The mapping looks things up in {one.name}; put it beside {path.name}."
            )
    return found


def _try_out(workspace: Workspace, path: Path, text: str, beside: list[Path], stdout: TextIO) -> int:
    plan = plans.make(
        path,
        mappings.read(text),
        name=path.name,
        digest=plans.digest_of(path),
        beside={plans.kept_name(one.name): one for one in beside},
        received_at=timezone.now(),
        timezone=workspace.timezone,
    )
    seen = plans.preview(plan)
    write = stdout.write
    for note in plan.notes:
        write(f"Note: {note}\n")
    write("The first rows as signals (times in UTC):\n")
    for made in seen.first:
        for signal in made.signals:
            write(f"  {plan.unit} {made.line}: {_in_a_line(signal)}\n")
    for line, reason, raw in ((one.line, one.reason, one.raw) for one in seen.refused):
        write(f"Refused, {plan.unit} {line}: {reason}\n    {' | '.join(raw)[:300]}\n")
    for entry, reason, count in seen.reasons:
        write(f"Not made, {entry}: {count:,} rows, because {reason}\n")
    for entry, count in seen.by_entry.items():
        write(f"Made, {entry}: {count:,}\n")
    write(
        f"{seen.rows:,} rows read, {seen.refused_rows:,} refused. They would make "
        f"{seen.signals:,} signals and "
        f"tell of {seen.customers:,} customers. Nothing was stored.\n"
    )
    return int(seen.refused_rows == seen.rows)


def _in_a_line(signal) -> str:
    who = signal.external_id or signal.email or signal.phone or signal.anonymous_id
    parts = [f"{signal.at:%Y-%m-%d %H:%M:%S}", signal.kind, repr(signal.name), f"of {who}"]
    if signal.subject:
        parts.append(f"about {signal.subject}")
    if signal.score is not None:
        parts.append(f"score {signal.score:g} ({signal.scale})")
    if signal.text:
        parts.append(f"said {signal.text[:80]!r}")
    facts = {**signal.properties, **signal.traits}
    return ", ".join([*parts, *(f"{name}={value}" for name, value in list(facts.items())[:6])])


def _run(workspace: Workspace, path: Path, text: str, beside: list[Path], stdout: TextIO, advance) -> int:
    now = timezone.now()
    run = _interrupted(workspace, path, text)
    if run is None:
        run = runs.start(workspace, path=path, mapping=text, beside=beside, by=None, now=now)
    else:
        stdout.write(f"Going on with the interrupted import after row {run.position:,}.\n")
        if run.state == Import.State.FAILED:
            run = runs.retry(run, by=None, now=now)
    while run.is_open:
        run = advance(run, now=timezone.now(), steps=4)
        if run.is_open:
            of = f" of {run.total:,}" if run.total else ""
            stdout.write(f"{run.position:,}{of} rows read\n")
            stdout.flush()
    if run.state == Import.State.FAILED:
        stdout.write(
            f"{run.error}\nThe import stopped after {run.position:,} rows; run the command again to go on.\n"
        )
        return 1
    stdout.write(
        f"{run.position:,} rows read: {run.accepted:,} new signals, {run.duplicates:,} known already, "
        f"{run.refused:,} rows refused.\n"
    )
    for refused in run.refusals.all()[:20]:
        stdout.write(f"Refused, line {refused.line}: {refused.reason}\n")
    if run.refused > 20:
        stdout.write(f"and {run.refused - 20:,} more; the import's page offers them as a file.\n")
    return int(bool(run.refused) and run.refused == run.position)


def _interrupted(workspace: Workspace, path: Path, text: str) -> Import | None:
    """The same file with the same mapping, left unfinished by an earlier run."""
    open_states = [Import.State.WAITING, Import.State.RUNNING, Import.State.FAILED]
    found = Import.objects.filter(workspace=workspace, mapping=text, state__in=open_states)
    return found.filter(digest=plans.digest_of(path)).select_related("workspace").first()
