"""Refused signals sent again after a fix: once each, however often somebody asks."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b

import msgspec
from django.db import transaction

from wayline.accounts.models import User, Workspace
from wayline.audit import operations as audit
from wayline.kit.refusals import Refusal
from wayline.signals import checks, journal, load
from wayline.signals.calls import segment
from wayline.signals.models import JournalEntry, RefusedSignal
from wayline.signals.names import rules
from wayline.signals.vocabulary import Signal

AT_ONCE = 5_000


class NotReplayable(Refusal):
    """The refused signal cannot be sent again."""


class StillRefused(Refusal):
    """Nothing has been fixed yet."""


@dataclass
class Replayed:
    """How many were sent again, and why the others were not."""

    sent: int = 0
    left: dict[str, int] = field(default_factory=dict)

    def leave(self, reason: str) -> None:
        self.left[reason] = self.left.get(reason, 0) + 1


def written(refused: RefusedSignal) -> str:
    """The whole of what was refused, as JSON to correct."""
    entry, signal, call = _original(refused)
    return call if signal is None else journal.readable(signal)


def replay_signals(
    workspace: Workspace, chosen: Sequence[RefusedSignal], *, by: User | None, now: datetime
) -> Replayed:
    """Send refused signals again as they are; those that would be refused again are left."""
    outcome = Replayed()
    ready: dict[str, list[tuple[RefusedSignal, Signal]]] = defaultdict(list)
    ruled = rules.of(workspace.pk)
    for refused in chosen[:AT_ONCE]:
        try:
            source, signal = _usable(refused, None, ruled)
        except Refusal as no:
            outcome.leave(str(no))
        else:
            ready[source].append((refused, signal))
    for source, pairs in ready.items():
        _send(workspace, source, pairs, now=now)
        outcome.sent += len(pairs)
    sent = [refused for pairs in ready.values() for refused, _ in pairs]
    if sent:
        _settle(workspace, sent, by=by, now=now)
    return outcome


def replay_corrected(refused: RefusedSignal, *, text: str, by: User | None, now: datetime) -> None:
    """Send one refused signal again as somebody corrected it."""
    source, signal = _usable(refused, text, rules.of(refused.workspace_id))
    _send(refused.workspace, source, [(refused, signal)], now=now)
    _settle(refused.workspace, [refused], by=by, now=now)


def _settle(workspace: Workspace, sent: list[RefusedSignal], *, by: User | None, now: datetime) -> None:
    with transaction.atomic():
        RefusedSignal.objects.filter(pk__in=[each.pk for each in sent], replayed_at=None).update(
            replayed_at=now, replayed_by=by
        )
        audit.record("signal.replayed", subject=workspace, workspace=workspace, by=by, at=now, n=len(sent))
    load.drain()


def _send(workspace: Workspace, source: str, pairs: list[tuple[RefusedSignal, Signal]], *, now: datetime):
    """The journal comes first: should the rest fail, the same is sent once more and known by its keys."""
    signals = [signal for _, signal in pairs]
    words = msgspec.msgpack.encode([[refused.pk for refused, _ in pairs], signals])
    digest = blake2b(words, digest_size=16, key=b"replay").hexdigest()
    journal.append(workspace.pk, source, signals, received_at=now, digest=digest)


def _usable(refused: RefusedSignal, text: str | None, ruled: rules.Rules) -> tuple[str, Signal]:
    if refused.replayed_at is not None:
        raise NotReplayable("It was replayed already.")
    entry, signal, call = _original(refused)
    if signal is None:
        signal = _read_call(call if text is None else text, entry, refused.index)
    elif text is not None:
        signal = _read_signal(text, key=signal.key)
    reason = checks.refusals_of([signal], received_at=entry.received_at).get(0)
    if reason or (signal.kind, signal.name) in ruled.blocked:
        raise StillRefused(reason or f"The name {signal.name} is blocked. Unblock it first.")
    return entry.source, signal


def _original(refused: RefusedSignal) -> tuple[JournalEntry, Signal | None, str]:
    """The journal's entry, and the signal in it or the call as it was written."""
    if refused.was_kept:
        raise NotReplayable("The signal counts already; only a part of it was ignored.")
    if not refused.excerpt:
        raise NotReplayable("Nothing of it may be used: the customer declined, or it is too long ago.")
    entry = JournalEntry.objects.filter(pk=refused.entry_id, workspace_id=refused.workspace_id).first()
    if entry is None:
        raise NotReplayable("The journal no longer has it. Have its sender send it again.")
    signals, places, on_arrival = journal.decode(bytes(entry.body))
    if refused.index in places:
        return entry, signals[places.index(refused.index)], ""
    call = next((each.excerpt for each in on_arrival if each.index == refused.index), "")
    if len(call) >= segment.EXCERPT:
        raise NotReplayable("It was too long to be kept whole. Have its sender send less.")
    return entry, None, call


def _read_signal(text: str, *, key: str) -> Signal:
    try:
        signal = msgspec.json.decode(text, type=Signal)
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        raise StillRefused(f"This is no signal yet: {error}. Correct it and replay again.") from error
    # Its key makes it count once; with another it would be another signal.
    signal.key = key
    return signal


def _read_call(text: str, entry: JournalEntry, place: int) -> Signal:
    try:
        said = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        raise StillRefused(f"This is not JSON: {error}. Correct it and replay again.") from error
    kind = said.get("type") or _guessed(said) if isinstance(said, dict) else None
    about = segment.request(segment.Envelope(), kind=kind, received_at=entry.received_at, digest=entry.digest)
    read = segment.read([msgspec.Raw(text.encode())], about, longest=segment.EXCERPT)
    lost = [each.reason for each in read.refused if not each.was_kept]
    if lost:
        raise StillRefused(lost[0])
    signal = read.signals[0]
    # Without an id of its own a call has its key from its place in the batch; read alone it stands first.
    if signal.key == f"{entry.digest}-0":
        signal.key = f"{entry.digest}-{place}"
    return signal


def _guessed(call: dict) -> str:
    """A call sent to its own path does not say what it is; what it holds does."""
    for word, kind in (("event", "track"), ("previousId", "alias"), ("groupId", "group")):
        if call.get(word):
            return kind
    return "page" if call.get("name") or call.get("properties") else "identify"
