"""What a number in the files is here: of rows, people, sources and journal entries, wherever it stands."""

import re
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import parse_qsl, urlencode

from wayline.accounts.models import Key
from wayline.integrations.webhooks import signing
from wayline.journeys.operations import edits
from wayline.metrics.models import Baseline

SOURCE = re.compile(r"(import|key|api|rule):(\d+)")
SOURCES = {
    "import": "signals.import",
    "key": "accounts.key",
    "api": "accounts.key",
    "rule": "signals.derivedrule",
}
PINNED = {
    "journey": "journeys.journey",
    "phase": "journeys.phase",
    "step": "journeys.step",
    "card": "journeys.card",
}
# What activities say beside their subject, where it names rows.
TOLD = {
    "journey": "journeys.journey",
    "parent": "journeys.journey",
    "phase": "journeys.phase",
    "journeys": "journeys.journey",
    "merged": "customers.customer",
    "other": "customers.customer",
    "comment": "journeys.comment",
    "kept": "journeys.version",
}
GONE = "~"  # before a number of old whose row is no more, so that it never names another one here


@dataclass
class Ids:
    """The new number of every row that was brought, by table and old number."""

    origin: int
    workspace: int
    now: datetime
    rows: dict[str, dict[int, int]] = field(default_factory=dict)
    users: dict[int, int] = field(default_factory=dict)
    entries: dict[int, int] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)

    def of(self, table: str, old: Any) -> int | None:
        if table == "accounts.user":
            return self.users.get(old)
        if table == "accounts.workspace":
            return self.workspace if old == self.origin else None
        return self.rows.get(table, {}).get(old)

    def source(self, said: str) -> str:
        """Sources name the import, the key or the rule that signals came from."""
        found = SOURCE.fullmatch(said or "")
        if not found:
            return said
        number = self.of(SOURCES[found[1]], int(found[2]))
        return f"{found[1]}:{number}" if number is not None else f"{found[1]}{GONE}{found[2]}"


def _source(ids: Ids, said: str, row: dict) -> str:
    return ids.source(said)


def _entry(ids: Ids, old: int, row: dict) -> int:
    return ids.entries.get(old, 0)


def _sources_within(ids: Ids, said: Any, row: dict) -> Any:
    """Conditions name sources in lists."""
    if isinstance(said, dict):
        return {name: _sources_within(ids, value, row) for name, value in said.items()}
    if isinstance(said, list):
        return [_sources_within(ids, value, row) for value in said]
    return ids.source(said) if isinstance(said, str) else said


def _levels(ids: Ids, said: dict, row: dict) -> dict:
    """By source."""
    return {ids.source(source): level for source, level in said.items()}


def _sayings(ids: Ids, said: dict, row: dict) -> dict:
    """By trait, then by source."""
    return {
        trait: {ids.source(source): saying for source, saying in each.items()} for trait, each in said.items()
    }


def _merged(ids: Ids, before: dict, row: dict) -> dict:
    """Both profiles as they were, with what was said of them."""
    return {
        side: fields | {"sayings": _sayings(ids, fields["sayings"], row)} if "sayings" in fields else fields
        for side, fields in before.items()
    }


def _subject(ids: Ids, old: str, row: dict) -> str:
    return _named(ids, row["subject_kind"], old)


def _named(ids: Ids, table: str, old: str) -> str:
    if not old.isdigit():
        return old
    number = ids.of(table, int(old))
    return str(number) if number is not None else f"{GONE}{old}"


def _told(ids: Ids, details: dict, row: dict) -> dict:
    found = {}
    for name, value in details.items():
        table = TOLD.get(name)
        if table and isinstance(value, list):
            value = [ids.of(table, each) or f"{GONE}{each}" for each in value]
        elif table and isinstance(value, int) and not isinstance(value, bool):
            is_count = name == "journeys"
            value = value if is_count else ids.of(table, value) or f"{GONE}{value}"
        elif name == "before" and isinstance(value, dict):
            value = _told(ids, value, row)
        found[name] = value
    return found


def _user(ids: Ids, old: int | None, row: dict) -> int | None:
    return ids.users.get(old) if old is not None else None


def _lineage(ids: Ids, said: str, row: dict) -> str:
    found = [ids.of("journeys.journey", int(part)) for part in said.split("/") if part]
    return "/" + "".join(f"{number}/" for number in found if number)


def _bulk(ids: Ids, before: dict, row: dict) -> dict:
    is_of_owners = row["act"] == "owner"
    found = {}
    for old, value in before.items():
        number = ids.of("journeys.journey", int(old))
        if number is not None:
            found[str(number)] = ids.users.get(value) if is_of_owners else value
    return found


def _edits(ids: Ids, changes: list, row: dict) -> list:
    return [_edit(ids, change) for change in changes]


def _edit(ids: Ids, change: dict) -> dict:
    model = edits.ROWS[change["kind"]]
    columns = {each.attname: each.related_model._meta.label_lower for each in model._meta.concrete_fields
               if each.is_relation}  # fmt: skip

    def side(fields: dict) -> dict:
        return {
            name: ids.of(columns[name], value) if name in columns else value for name, value in fields.items()
        }

    return change | {
        "id": ids.of(model._meta.label_lower, change["id"]) or 0,
        "before": side(change["before"]),
        "after": side(change["after"]),
    }


def _pinned(ids: Ids, key: str, row: dict) -> str:
    table = PINNED.get(row["subject_kind"])
    return _named(ids, table, key) if table else key


def _view(ids: Ids, query: str, row: dict) -> str:
    asked = parse_qsl(query, keep_blank_values=True)
    return urlencode(
        [
            (name, str(ids.users.get(int(value), 0)) if name == "owner" and value.isdigit() else value)
            for name, value in asked
        ]
    )


def _delivered(ids: Ids, body: dict, row: dict) -> dict:
    if "subject_id" not in body:
        return body
    return body | {
        "subject_id": _named(ids, body["subject_kind"], body["subject_id"]),
        "activity": ids.of("audit.activity", body.get("activity")),
        "details": _told(ids, body.get("details") or {}, row),
    }


def _activity(ids: Ids, old: int | None, row: dict) -> int | None:
    return ids.of("audit.activity", old)


def _question(ids: Ids, said: dict, row: dict) -> dict:
    return _sources_within(ids, said, row) | ({"workspace": ids.workspace} if "workspace" in said else {})


def _file(ids: Ids, path: str, row: dict) -> str:
    """A name of its own for what is stored, in the place where its like lies."""
    if not path:
        return path
    if path not in ids.files:
        old = PurePosixPath(path)
        if old.parts[0] == "imports":
            ids.files[path] = f"imports/{ids.workspace}/{uuid.uuid4().hex}"
        else:
            ids.files[path] = str(old.with_name(f"{uuid.uuid4().hex}{old.suffix}"))
    return ids.files[path]


def _hashed_for(ids: Ids, old: int | None, row: dict) -> int:
    return old if old is not None else ids.origin


Reference = Callable[[Ids, Any, dict], Any]


def _scheduled(ids: Ids, said: dict, row: dict) -> dict:
    return said | {"segment": ids.of("signals.segment", said["segment"]) or 0} if "segment" in said else said


REFERENCES: dict[str, dict[str, Reference]] = {
    "audit.activity": {"by_id": _user, "subject_id": _subject, "details": _told},
    "customers.consentchange": {"source": _source},
    "customers.customer": {"sole_source": _source, "sayings": _sayings},
    "customers.identity": {"source": _source},
    "customers.member": {"source": _source},
    "customers.merge": {"source": _source, "before": _merged},
    "customers.refusedmerge": {"source": _source},
    "customers.told": {"source": _source},
    "customers.trustrules": {"levels": _levels},
    "exports.schedule": {"said": _scheduled},
    "insights.evidence": {"condition": _sources_within},
    "integrations.delivery": {"body": _delivered, "activity_id": _activity},
    "journeys.bulkchange": {"before": _bulk},
    "journeys.edit": {"changes": _edits},
    "journeys.journey": {"lineage": _lineage},
    "journeys.picture": {"file": _file},
    "journeys.savedview": {"query": _view},
    "journeys.step": {"condition": _sources_within},
    "journeys.thread": {"subject_key": _pinned},
    "metrics.baseline": {"question": _question},
    "signals.derivedrule": {"rule": _sources_within},
    "signals.import": {"folder": _file},
    "signals.loadedentry": {"entry_id": _entry, "source": _source},
    "signals.nameday": {"source": _source},
    "signals.prunedentries": {"last_entry": _entry, "source": _source},
    "signals.refusedsignal": {"entry_id": _entry, "source": _source},
    "signals.segment": {"condition": _sources_within},
    "signals.signalname": {"source": _source},
    "signals.tombstone": {"hashed_for": _hashed_for},
}
# Known only when every row of the table is there.
LATE = {"journeys.journey": {"lineage"}}


def fresh(table: str, row: dict, ids: Ids) -> dict:
    """What an arriving row gets in the place of a secret, or of what must be unique everywhere."""
    match table:
        case "accounts.key":
            # The secret did not leave, so nobody uses it; the row stays, because sources are called by it.
            digest = Key.digest_of(secrets.token_urlsafe(32))
            return {"digest": digest, "revoked_at": row["revoked_at"] or ids.now}
        case "integrations.webhook":
            # Off, until somebody here gives its receiver the new secret.
            return {"secret": signing.sealed(signing.new_secret()), "is_enabled": False}
        case "integrations.delivery":
            is_waiting = row["state"] == "waiting"
            return {"uid": uuid.uuid4()} | ({"state": "dead", "next_at": None} if is_waiting else {})
        case "journeys.share":
            return {"nonce": secrets.token_urlsafe(16), "revoked_at": row["revoked_at"] or ids.now}
        case "exports.schedule":
            return {"is_paused": True}
        case "signals.erasure":
            return {"uid": uuid.uuid4()}
        case "signals.derivedrule":
            return {"last_change": 0}
        case "metrics.baseline":
            # Only where the old one held: a baseline that was changed by hand must still be found out.
            was_intact = Baseline.digest_of(row["question_before"], row["answer"]) == row["digest"]
            return {"digest": Baseline.digest_of(row["question"], row["answer"])} if was_intact else {}
    return {}
