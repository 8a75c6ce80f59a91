"""Who was erased, as hashes that recognise and cannot be read. Loading and restoring ask here.

The list lies twice: in the database, and in erased.jsonl beside it. An older backup of the database lacks the
latest erasures; the file, which is never put back, has them.
"""

import hmac
import json
import os
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.db.models import Max

from wayline.accounts.models import Workspace
from wayline.customers.models import Customer, Identity
from wayline.kit import durable, tasks
from wayline.signals import journal
from wayline.signals.vocabulary import Signal

from .models import Erasure, Tombstone
from .person import Person, named_by

Stones = dict[int, dict[str, datetime]]
REASON = "The person was erased; what is older than that is not kept again."
LONGEST_READ = 2_000
PROFILE = "profile"  # a number that a company's own table may name somebody by


def digest(workspace: int, kind: str, value: str) -> str:
    """The value as it stands on the list."""
    words = f"{workspace}\0{kind}\0{value}".encode()
    return hmac.new(settings.ERASURE_KEY.encode(), words, sha256).hexdigest()


def list_file() -> Path:
    return Path(settings.DATA_DIR) / "erased.jsonl"


def put_up(erasure: Erasure, person: Person, *, now: datetime) -> int:
    """Remember everything the person was recognised by. The file is on disk when this returns."""
    named = {*person.identities, *((PROFILE, str(number)) for number in person.profiles)}
    digests = sorted(digest(person.workspace, kind, value) for kind, value in named)
    Tombstone.objects.bulk_create(
        [Tombstone(workspace_id=person.workspace, erasure=erasure, digest=each, at=now) for each in digests],
        update_conflicts=True,
        unique_fields=["workspace", "digest"],
        update_fields=["erasure", "at"],
    )
    line = {
        "erasure": str(erasure.uid),
        "workspace": person.workspace,
        "at": now.isoformat(),
        "digests": digests,
    }
    with list_file().open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
        file.flush()
        os.fsync(file.fileno())
    durable.sync(list_file().parent)
    return len(digests)


class _Known:
    """The list of one process, read again when it has grown."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: dict | None = None
        self._of: dict[int, Stones] = {}

    def of(self, workspace: int) -> "Stones":
        """When each value was erased, by the workspace whose number it was hashed with."""
        last = Tombstone.objects.aggregate(last=Max("pk"), at=Max("at"))
        with self._lock:
            if last != self._last:
                self._of = {}
                found = Tombstone.objects.values_list("workspace", "hashed_for", "digest", "at")
                for owner, hashed_for, digest, at in found:
                    stones = self._of.setdefault(owner, {}).setdefault(hashed_for or owner, {})
                    stones[digest] = at
                self._last = last
            return self._of.get(workspace, {})

    def forget(self) -> None:
        self._last = None


known = _Known()


def erased(workspace: int, signals: Sequence[Signal], *, stones: Stones | None = None) -> list[int]:
    """The places of those that speak of somebody erased, from before the erasure.

    Somebody who comes back afterwards is a new customer: what happens later is theirs to have kept.
    `stones` is the workspace's list, for who asks about many batches at once.
    """
    stones = known.of(workspace) if stones is None else stones
    if not stones:
        return []
    latest = max(max(each.values()) for each in stones.values())
    return [
        place
        for place, signal in enumerate(signals)
        if _aware(signal.at) <= latest and _is_erased(signal, stones)
    ]


def _is_erased(signal: Signal, stones: Stones) -> bool:
    return any(
        each.get(digest(number, kind, value), datetime.min.replace(tzinfo=UTC)) >= _aware(signal.at)
        for kind, value in named_by(signal)
        for number, each in stones.items()
    )


def take_out(entry, signals, places, refused, erased: list[int]) -> None:
    """Write the journal's row anew without those signals: it must not keep whom we refuse to keep."""
    gone = set(erased)
    kept = [place for place in range(len(signals)) if place not in gone]
    # The reason stays in the row, so that loading it again counts the same.
    left = [*refused, *(journal.Refused(places[place], REASON) for place in erased)]
    body = journal.rewritten([signals[place] for place in kept], [places[place] for place in kept], left)
    type(entry).objects.filter(pk=entry.pk).update(body=body)


def was_erased(workspace: int, kind: str, value: str) -> Erasure | None:
    """The erasure of whoever was recognised by this value, if there was one."""
    stones = Tombstone.objects.filter(workspace=workspace)
    numbers = {workspace, *stones.exclude(hashed_for=None).values_list("hashed_for", flat=True).distinct()}
    stone = stones.filter(digest__in=[digest(number, kind, value) for number in numbers])
    found = stone.select_related("erasure").first()
    return found.erasure if found else None


def since(workspace: int, at: datetime) -> set[str]:
    """What was put on the list later than that, of a workspace that need not be there any more."""
    stones = Tombstone.objects.filter(workspace=workspace, hashed_for=None, at__gt=at)
    listed = (
        line["digests"]
        for line in _lines()
        if line["workspace"] == workspace and datetime.fromisoformat(line["at"]) > at
    )
    return set(stones.values_list("digest", flat=True)).union(*listed)


def restore(*, now: datetime) -> int:
    """After a backup was put back: erase again whoever is on the list and in the databases. How many.

    Runs before anything is loaded, so that nothing older can slip in.
    """
    again = 0
    for line in _lines():
        workspace = Workspace.objects.filter(pk=line["workspace"]).first()
        if workspace is None or Erasure.objects.filter(uid=line["erasure"]).exists():
            continue
        at = datetime.fromisoformat(line["at"])
        found = customers_on(workspace, set(line["digests"]))
        erasure = Erasure.objects.create(
            uid=line["erasure"], workspace=workspace, customer_number=found[0] if found else 0,
            reason="Put back by a backup, erased again", state="waiting" if found else "finished",
            asked_at=at, finished_at=None if found else now,
        )  # fmt: skip
        Tombstone.objects.bulk_create(
            [Tombstone(workspace=workspace, erasure=erasure, digest=each, at=at) for each in line["digests"]],
            ignore_conflicts=True,
        )
        if found:
            again += 1
            tasks.enqueue("signals.erase", {"erasure": erasure.pk}, now=now, workspace=workspace.pk)
    known.forget()
    return again


def _lines() -> list[dict]:
    if not list_file().exists():
        return []
    found = []
    for line in list_file().read_text(encoding="utf-8").splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:  # the last line of a machine that lost power while writing it
            continue
    return found


def customers_on(workspace: Workspace, digests: set[str]) -> list[int]:
    """The customers who are recognised by a value on the list."""
    values = Identity.objects.filter(workspace=workspace).values_list("kind", "value", "customer")
    found = {
        customer
        for kind, value, customer in values.iterator(chunk_size=LONGEST_READ)
        if digest(workspace.pk, kind, value) in digests
    }
    return sorted(Customer.objects.filter(pk__in=found).values_list("pk", flat=True))


def _aware(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)
