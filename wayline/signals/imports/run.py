"""An import's life: stored, started, advanced in steps that may be cut off anywhere, finished, undone."""

import shutil
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F

from wayline.accounts.models import User, Workspace
from wayline.audit import operations as audit
from wayline.kit import durable, tasks
from wayline.kit.refusals import Refusal
from wayline.signals import journal, load
from wayline.signals import operations as signal_operations
from wayline.signals.vocabulary import IDENTIFY, Signal
from wayline.warehouse import connect

from . import mapping as mappings
from . import plan as plans
from . import readers
from .models import Import, ImportRefusal
from .reading import RowRefused

log = structlog.get_logger()

ROWS_PER_STEP = 5_000
SIGNALS_PER_BATCH = 10_000
LONGEST_KEPT_ROW = 20_000
MANY_STAY = 100
TASK = "signals.advance_import"


class ImportNotPossible(Refusal):
    """The file or the moment does not allow it."""


class ImportStateConflict(Refusal):
    """The import is already further than that."""


class FileTooLarge(Refusal):
    status = 413


def store(
    workspace: Workspace,
    *,
    file: BinaryIO,
    name: str,
    beside: Iterable[tuple[str, BinaryIO]] = (),
    by: User | None,
    now: datetime,
) -> Import:
    """Keep a copy of the file, and of those beside it, as a draft."""
    folder = f"imports/{workspace.pk}/{uuid4().hex}"
    at = Path(settings.MEDIA_ROOT) / folder
    at.mkdir(parents=True)
    try:
        stored = [_keep(at, given, one) for given, one in [(name, file), *beside]]
        for each in stored:
            durable.keep(at / each, below=Path(settings.MEDIA_ROOT).parent)
        if len(set(stored)) < len(stored):
            raise ImportNotPossible("Two of the files have the same name. Rename one of them.")
        for each in stored:
            readers.format_of(at / each)  # refuses what is no table at all
        main = at / stored[0]
        with transaction.atomic():
            made = Import.objects.create(
                workspace=workspace,
                file_name=stored[0],
                folder=folder,
                beside=stored[1:],
                digest=plans.digest_of(main),
                size=main.stat().st_size,
                created_at=now,
                created_by=by,
            )
            audit.record("import.stored", subject=made, by=by, at=now)
    except BaseException:
        shutil.rmtree(at, ignore_errors=True)
        raise
    return made


def _keep(folder: Path, name: str, file: BinaryIO) -> str:
    kept = plans.kept_name(name)
    size = 0
    with (folder / kept).open("wb") as copy:
        while chunk := file.read(1 << 20):
            size += len(chunk)
            if size > settings.UPLOAD_LIMIT_BYTES:
                raise FileTooLarge(
                    f"{name} is larger than {settings.UPLOAD_LIMIT_BYTES // 1_000_000:,} MB. "
                    "Split it, or have "
                    "the limit raised (WAYLINE_UPLOAD_LIMIT_MB)."
                )
            copy.write(chunk)
    return kept


def plan_of(run: Import, text: str | None = None, *, is_counted: bool = True) -> plans.Plan:
    """The import's mapping, or another text, fitted to its file."""
    return plans.make(
        run.path,
        mappings.read(run.mapping if text is None else text),
        name=run.file_name,
        digest=run.digest,
        beside=run.paths_beside,
        received_at=run.created_at,
        timezone=run.workspace.timezone,
        is_counted=is_counted,
    )


def keep_mapping(run: Import, *, mapping: str) -> None:
    """Remember the text of the draft's mapping, right or not."""
    if not Import.objects.filter(pk=run.pk, state=Import.State.DRAFT).update(mapping=mapping):
        raise ImportStateConflict("This import has been started; its mapping stays as it was.")
    run.mapping = mapping


@transaction.atomic
def begin(run: Import, *, mapping: str, by: User | None, now: datetime) -> Import:
    """Let the draft run in the background. The mapping must fit the file."""
    plan = plan_of(run, mapping)
    changed = Import.objects.filter(pk=run.pk, state=Import.State.DRAFT).update(
        mapping=mapping, state=Import.State.WAITING, total=plan.total, started_at=now
    )
    if not changed:
        raise ImportStateConflict("This import has been started already.")
    run.refresh_from_db()
    audit.record("import.started", subject=run, by=by, at=now)
    tasks.enqueue(
        TASK, {"import": run.pk}, now=now, workspace=run.workspace_id, unique_key=f"{TASK}:{run.pk}",
    )  # fmt: skip
    return run


def start(
    workspace: Workspace,
    *,
    mapping: str,
    by: User | None,
    now: datetime,
    path: Path | None = None,
    file: BinaryIO | None = None,
    name: str = "",
    beside: Iterable[Path] = (),
) -> Import:
    """Store the file and let it run with this mapping."""
    if path is not None:
        with path.open("rb") as opened:
            others = [(one.name, one.open("rb")) for one in beside]
            try:
                run = store(workspace, file=opened, name=path.name, beside=others, by=by, now=now)
            finally:
                for _, other in others:
                    other.close()
    elif file is not None:
        run = store(workspace, file=file, name=name, by=by, now=now)
    else:
        raise ImportNotPossible("Name the file to import.")
    try:
        return begin(run, mapping=mapping, by=by, now=now)
    except Refusal:
        discard(run)
        raise


def discard(run: Import) -> None:
    """Throw a draft and its files away."""
    if run.state != Import.State.DRAFT:
        raise ImportStateConflict("This import has been started; undo it instead.")
    shutil.rmtree(run.path.parent, ignore_errors=True)
    run.delete()


def advance(run: Import, *, now: datetime, steps: int | None = None) -> Import:
    """Read on from where the import stands, to the end or for so many steps.

    Each step first puts its signals into the journal and then moves the position. What was cut off between
    the two is sent again with the same keys, and adds nothing.
    """
    started = Import.objects.filter(pk=run.pk, state__in=[Import.State.WAITING, Import.State.RUNNING])
    if not started.update(state=Import.State.RUNNING):
        return run
    run.refresh_from_db()
    try:
        plan = plan_of(run, is_counted=run.total is None)
        is_whole = _read_on(run, plan, steps)
    except Refusal as reason:
        _fail(run, str(reason), now)
        return run
    if is_whole:
        _finish(run, plan, now)
    return run


def _read_on(run: Import, plan: plans.Plan, steps: int | None) -> bool:
    signals: list[Signal] = []
    refused: list[ImportRefusal] = []
    position, done = run.position, 0
    with plan.read(after=position) as rows:
        for position, line, row in rows:
            try:
                signals += plan.rows.signals(position, row)
            except RowRefused as reason:
                refused.append(_refusal(run, line, str(reason), row[: len(plan.columns)]))
            # By the row's number, so that a step made again is the same bytes, which the journal keeps once.
            if position % ROWS_PER_STEP == 0:
                if not _settle(run, position, signals, refused):
                    return False
                signals, refused, done = [], [], done + 1
                if steps is not None and done >= steps:
                    return False
    return _settle(run, position, signals, refused)


def _refusal(run: Import, line: int, reason: str, raw: list[str]) -> ImportRefusal:
    kept = [cell.replace("\0", "")[:LONGEST_KEPT_ROW] for cell in raw]
    return ImportRefusal(run=run, line=line, reason=reason[:1000], raw=kept)


def _settle(run: Import, position: int, signals: list[Signal], refused: list[ImportRefusal]) -> bool:
    """Make a step's signals durable, then move the position together with the refused rows.

    False when another worker has moved the position: this one's lease had run out, and it must stop.
    """
    for begin_at in range(0, len(signals), SIGNALS_PER_BATCH):
        batch = signals[begin_at : begin_at + SIGNALS_PER_BATCH]
        journal.append(run.workspace_id, run.source, batch, received_at=run.created_at)
    load.drain()
    people = sum(signal.kind == IDENTIFY for signal in signals)
    with transaction.atomic():
        moved = Import.objects.filter(
            pk=run.pk, state=Import.State.RUNNING, position=run.position
        ).update(
            position=position,
            made=F("made") + len(signals) - people,
            customers=F("customers") + people,
            refused=F("refused") + len(refused),
        )  # fmt: skip
        if moved:
            ImportRefusal.objects.bulk_create(refused, 1000)
    run.refresh_from_db()
    return bool(moved)


def _finish(run: Import, plan: plans.Plan, now: datetime) -> None:
    accepted = stored(run)
    with transaction.atomic():
        changed = Import.objects.filter(pk=run.pk, state=Import.State.RUNNING).update(
            state=Import.State.FINISHED,
            total=run.position,
            accepted=accepted,
            duplicates=max(0, run.made - accepted),
            repaired=plan.repaired,
            finished_at=now,
        )
        run.refresh_from_db()
        if changed:
            audit.record(
                "import.finished",
                subject=run,
                by=run.created_by,
                at=now,
                accepted=accepted,
                refused=run.refused,
            )


def _fail(run: Import, sentence: str, now: datetime) -> None:
    accepted = stored(run)
    with transaction.atomic():
        Import.objects.filter(pk=run.pk, state=Import.State.RUNNING).update(
            state=Import.State.FAILED, error=sentence, accepted=accepted, finished_at=now
        )
        run.refresh_from_db()
        audit.record("import.failed", subject=run, by=run.created_by, at=now, error=sentence[:500])


def stored(run: Import) -> int:
    """How many of the stream's signals came from this import."""
    signals = connect.table("signals")
    mine = signals.filter((signals.workspace == run.workspace_id) & (signals.source == run.source))
    return connect.run_stored(mine.aggregate(n=mine.count())).to_pylist()[0]["n"]


def undo(run: Import, *, by: User | None, now: datetime) -> Import:
    """Take everything this import brought out again: signals, customers only it knew, values, facts, merges.

    What cannot be taken back is kept with the import, in sentences that say why.
    """
    undoing = Import.objects.filter(
        pk=run.pk, state__in=[Import.State.FINISHED, Import.State.FAILED, Import.State.UNDOING]
    )
    if not undoing.update(state=Import.State.UNDOING):
        raise ImportStateConflict(
            "Only an import that has finished or failed can be undone; this one is "
            f"{Import.State(run.state).label.lower()}."
        )
    # Not inside a transaction of ours: the loader waits for its lock before it opens one, and so must this.
    stays = signal_operations.forget_source(run.workspace, source=run.source, by=by, now=now)
    with transaction.atomic():
        changed = Import.objects.filter(pk=run.pk, state=Import.State.UNDOING).update(
            state=Import.State.UNDONE, undone_at=now, undone_by=by, stays=stays[:MANY_STAY]
        )
        run.refresh_from_db()
        if changed:
            audit.record("import.undone", subject=run, by=by, at=now)
    return run


def retry(run: Import, *, by: User | None, now: datetime) -> Import:
    """Go on with a failed import from where it stopped."""
    if run.files_removed_at is not None:
        raise ImportStateConflict(
            "Its file has been removed since. Undo this import and bring the file again."
        )
    with transaction.atomic():
        changed = Import.objects.filter(pk=run.pk, state=Import.State.FAILED).update(
            state=Import.State.WAITING, error="", finished_at=None
        )
        if not changed:
            raise ImportStateConflict("Only an import that failed can be tried again.")
        run.refresh_from_db()
        audit.record("import.started", subject=run, by=by, at=now)
        tasks.enqueue(
            TASK, {"import": run.pk}, now=now, workspace=run.workspace_id, unique_key=f"{TASK}:{run.pk}",
        )  # fmt: skip
    return run
