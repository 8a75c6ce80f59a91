"""What was refused keeps an excerpt of what was sent, and rows of files that came to nothing."""

from django.db import transaction

from wayline.signals.imports.models import ImportRefusal
from wayline.signals.models import RefusedSignal
from wayline.signals.rights.person import Person

AT_ONCE = 2_000


class Refused:
    name, label = "refused", "Excerpts of refused signals"
    is_read_whole = False

    def count(self, person: Person) -> int:
        return len(self._theirs(person))

    @transaction.atomic
    def erase(self, person: Person) -> int:
        found = self._theirs(person)
        for start in range(0, len(found), AT_ONCE):
            part = found[start : start + AT_ONCE]
            for each in part:
                each.excerpt, each.reason = "", person.scrubbed(each.reason)
            RefusedSignal.objects.bulk_update(part, ["excerpt", "reason"], 500)
        return len(found)

    def _theirs(self, person: Person) -> list[RefusedSignal]:
        rows = RefusedSignal.objects.filter(workspace=person.workspace).order_by("pk")
        return [
            each
            for each in rows.iterator(chunk_size=AT_ONCE)
            if person.is_named_in(f"{each.reason} {each.excerpt}")
        ]


class RefusedRows:
    name, label = "refused_rows", "Refused rows of imports"
    is_read_whole = False

    def count(self, person: Person) -> int:
        return len(self._theirs(person))

    @transaction.atomic
    def erase(self, person: Person) -> int:
        found = self._theirs(person)
        for start in range(0, len(found), AT_ONCE):
            ImportRefusal.objects.filter(pk__in=found[start : start + AT_ONCE]).delete()
        return len(found)

    def _theirs(self, person: Person) -> list[int]:
        rows = ImportRefusal.objects.filter(run__workspace=person.workspace)
        return [
            pk
            for pk, raw, reason in rows.values_list("pk", "raw", "reason").iterator(chunk_size=AT_ONCE)
            if any(person.is_cell(str(cell)) for cell in _cells(raw)) or person.is_named_in(reason)
        ]


def _cells(raw) -> list:
    return list(raw.values()) if isinstance(raw, dict) else raw if isinstance(raw, list) else [raw]


REFUSED, REFUSED_ROWS = Refused(), RefusedRows()
