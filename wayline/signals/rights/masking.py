"""Masking by rule, before the journal is written, so that what is masked never reaches the disk."""

import time
from datetime import datetime

from django.db import transaction

from wayline.accounts.models import User, Workspace
from wayline.audit import operations as audit
from wayline.kit.refusals import Refusal
from wayline.signals.vocabulary import Signal

from .findings import FINDINGS, masked
from .models import MaskRule

KEPT_SECONDS = 5.0  # so long may another process still mask by the rules before


class FindingUnknown(Refusal):
    """Only what can be recognised can be masked."""

    status = 422


class _Rules:
    """The rules of each workspace, as they were some seconds ago."""

    def __init__(self) -> None:
        self._read_at = -KEPT_SECONDS
        self._of: dict[int, tuple[str, ...]] = {}

    @property
    def are_old(self) -> bool:
        return time.monotonic() - self._read_at > KEPT_SECONDS

    def read(self) -> None:
        self._of, self._read_at = _read(), time.monotonic()

    def of(self, workspace: int) -> tuple[str, ...]:
        return self._of.get(workspace, ())


rules = _Rules()


def _read() -> dict[int, tuple[str, ...]]:
    found: dict[int, tuple[str, ...]] = {}
    for workspace, finding in MaskRule.objects.order_by("pk").values_list("workspace", "finding"):
        if finding in FINDINGS:
            found[workspace] = (*found.get(workspace, ()), finding)
    return found


@transaction.atomic
def change_masking(workspace: Workspace, *, findings: list[str], by: User | None, now: datetime) -> None:
    """Mask these sorts of personal data in everything that comes in from now on."""
    unknown = set(findings) - set(FINDINGS)
    if unknown:
        raise FindingUnknown(f"There is no {', '.join(sorted(unknown))}. Choose of {', '.join(FINDINGS)}.")
    before = sorted(MaskRule.objects.filter(workspace=workspace).values_list("finding", flat=True))
    MaskRule.objects.filter(workspace=workspace).exclude(finding__in=findings).delete()
    for finding in sorted(set(findings) - set(before)):
        MaskRule.objects.create(workspace=workspace, finding=finding, changed_at=now, changed_by=by)
    audit.record(
        "masking.changed", subject=workspace, workspace=workspace, by=by, at=now,
        before=before, after=sorted(findings),
    )  # fmt: skip
    transaction.on_commit(rules.read)


def mask(workspace: int, signal: Signal) -> Signal:
    """Mask what the workspace's rules name, in the text and the properties; ids of things are left alone."""
    findings = rules.of(workspace)
    if not findings:
        return signal
    if signal.text:
        signal.text = masked(signal.text, findings)
    if signal.properties:
        signal.properties = {
            name: value if is_id(name) else masked(value, findings)
            for name, value in signal.properties.items()
        }
    return signal


def is_id(name: str) -> bool:
    """Whether a property names a thing: an order's number may look like anything."""
    return name.casefold().endswith("id")
