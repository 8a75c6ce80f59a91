"""Which tables leave with a workspace and in which order, what stays behind, and what names other rows."""

import re
from functools import cache

from django.db import models

from wayline.accounts.belonging import of_workspaces
from wayline.accounts.models import User, Workspace

# Tables of a workspace that do not leave with it, each with its reason.
LEFT_OUT = {
    "kit.job": "work that waits on this server",
    "signals.journalentry": "stands in journal.parquet",
    "signals.warehousechange": "has been followed when the signals are read",
    "signals.accessexport": "files about one person, made again when asked for",
    "journeys.standing": "worked out again from maps and signals",
    "exports.export": "about the export itself",
    "exports.arrival": "about the export itself",
    "exports.scheduledfile": "a file to download here, written again when asked for",
}
# Tables that belong to no workspace.
NOBODYS = {
    "kit.message": "what open pages are told, for some minutes",
    "accounts.user": "people stand in rows/users.jsonl, by e-mail and without passwords",
    "accounts.user_groups": "not used",
    "accounts.user_user_permissions": "not used",
    "accounts.workspace": "stands in the manifest",
    "signals.countedmark": "how far this server has counted its journal",
    "integrations.toldmark": "how far this server has told its activities",
}
# Others name them by number in texts and JSON, so they come before, and those that do so come last.
FIRST = ("accounts.key", "signals.import", "signals.derivedrule")
LAST = (
    "exports.schedule",
    "journeys.thread",
    "journeys.comment",
    "journeys.notice",
    "journeys.edit",
    "journeys.bulkchange",
    "audit.activity",
    "integrations.delivery",
)
# What lets somebody in or signs for the workspace never leaves.
SECRETS = {
    "accounts.key": {"digest"},
    "integrations.webhook": {"secret", "previous_secret", "previous_until"},
    "journeys.share": {"nonce", "password"},
}
# Fields that could name rows and do not: words, numbers and answers of their own.
NO_REFERENCES = {
    "accounts.membership": {"rights"},
    "customers.company": {"external_id", "traits"},
    "customers.customer": {"traits"},
    "customers.duplicate": {"reasons"},
    "integrations.delivery": {"answers"},
    "integrations.webhook": {"activities"},
    "journeys.mapdraft": {"document", "sheet", "unplaced"},
    "journeys.persona": {"needs", "jobs", "behaviors", "quotes", "channels"},
    "customers.told": {"before", "after"},
    "journeys.driftalarm": {"found"},
    "journeys.momentchange": {"cost"},
    "journeys.momentchoice": {"evidence"},
    "journeys.version": {"document", "measured"},
    "metrics.baseline": {"answer"},
    "signals.derivedrule": {"last_change"},
    "signals.erasure": {"planned", "removed", "left", "notes", "customer_number"},
    "signals.finding": {"detail"},
    "signals.foundreport": {"rows", "searched"},
    "signals.import": {
        "beside", "stays", "size", "total", "position", "made", "customers", "accepted", "duplicates",
        "refused", "repaired",
    },
    "signals.importrefusal": {"raw", "line"},
    "signals.nameday": {"count"},
    "signals.namehour": {"count", "prompt"},
    "signals.prunedentries": {"entries", "received"},
    "signals.propertyday": {"texts", "numbers", "booleans", "times", "structures"},
    "signals.signalname": {"count"},
    "signals.term": {"expected"},
}  # fmt: skip
NAMES_A_ROW = re.compile(r"(_id|_key|source|folder|lineage|query)$")


@cache
def leaving() -> tuple[type[models.Model], ...]:
    """The tables that leave, each after those it points to."""
    found = {
        model._meta.label_lower: model for model in of_workspaces() if model._meta.label_lower not in LEFT_OUT
    }
    between = [label for label in found if label not in (*FIRST, *LAST)]
    return tuple(found[label] for label in (*FIRST, *between, *LAST))


def written(model: type[models.Model]) -> list[models.Field]:
    """The fields of a table that stand in the files."""
    secret = SECRETS.get(model._meta.label_lower, set())
    return [field for field in model._meta.concrete_fields if field.attname not in secret]


def points_at(field: models.Field) -> type[models.Model] | None:
    """The table whose row the field names by a foreign key."""
    return field.related_model if field.is_relation else None  # type: ignore[return-value]


def people(model: type[models.Model]) -> list[str]:
    """The fields that name somebody who works here."""
    return [field.attname for field in written(model) if points_at(field) is User]


def may_name_rows(model: type[models.Model]) -> set[str]:
    """Fields without a foreign key that could name rows all the same; declared here or in numbers.py."""
    kinds = (models.JSONField, models.BinaryField, models.FileField)
    found = set()
    for field in written(model):
        if points_at(field) is not None or field.primary_key:
            continue
        is_number = isinstance(field, models.BigIntegerField)
        if isinstance(field, kinds) or is_number or NAMES_A_ROW.search(field.attname):
            found.add(field.attname)
    return found - {"workspace_id"}


def is_workspace(field: models.Field) -> bool:
    return points_at(field) is Workspace or field.attname == "workspace_id"
