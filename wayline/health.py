"""Is it alive, and is it ready? For load balancers, containers and `wayline doctor`."""

import shutil
from dataclasses import dataclass

from django.conf import settings
from django.db import connections
from django.db.utils import Error
from django.http import HttpResponse, JsonResponse
from django.utils import timezone

from wayline.kit.refusals import Refusal
from wayline.signals.models import CountedMark, JournalEntry
from wayline.warehouse import connect

DISK_FLOOR_BYTES = 200_000_000
LATE_SECONDS = 600


def livez(request):
    return HttpResponse("alive\n", content_type="text/plain")


def health(request):
    """200 when databases, warehouse and disk can take work; 503 with what is wrong otherwise."""
    problems = {check.__name__: problem for check in CHECKS if (problem := check())}
    answer = {"status": "not ready" if problems else "ready", "problems": problems}
    return JsonResponse(answer, status=503 if problems else 200)


def databases() -> str | None:
    for name in settings.DATABASES:
        try:
            with connections[name].cursor() as cursor:
                cursor.execute("SELECT 1")
        except Error as error:
            return f"The database {name!r} does not answer: {error}"
    return None


def warehouse() -> str | None:
    try:
        connect.current().table("signals")
    except Refusal as refusal:
        return str(refusal)
    except Exception as error:
        return f"The warehouse does not answer: {error}"
    return None


def disk() -> str | None:
    free = shutil.disk_usage(settings.DATA_DIR).free
    if free < DISK_FLOOR_BYTES:
        return f"Only {free // 1_000_000} MB are free in {settings.DATA_DIR}."
    return None


@dataclass(frozen=True)
class Lag:
    """How far the warehouse is behind the journal: batches that wait, and since when the oldest does."""

    waiting: int
    seconds: float

    @property
    def is_late(self) -> bool:
        return self.seconds > LATE_SECONDS

    @property
    def sentence(self) -> str:
        if not self.waiting:
            return "Journal is loaded to its end"
        return f"Journal holds {self.waiting:,} batches not loaded yet, the oldest for {self.seconds:.0f} s"


def lag() -> Lag:
    # The relational count of it: beside a running server nobody else may open the warehouse.
    mark = CountedMark.objects.filter(journal="signals").values_list("mark", flat=True).first() or 0
    entries = JournalEntry.objects.filter(pk__gt=mark).order_by("pk")
    oldest = entries.values_list("received_at", flat=True).first()
    if oldest is None:
        return Lag(0, 0.0)
    return Lag(entries.count(), (timezone.now() - oldest).total_seconds())


def loader() -> str | None:
    if not settings.BACKGROUND:  # servers that only take signals go on taking them while no worker runs
        return None
    try:
        found = lag()
    except Error:
        return None  # the check of the databases says so
    return f"{found.sentence}." if found.is_late else None


CHECKS = (databases, warehouse, disk, loader)
