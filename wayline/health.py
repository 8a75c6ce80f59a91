"""Is it alive, and is it ready? For load balancers, containers and `wayline doctor`."""

import shutil

from django.conf import settings
from django.db import connections
from django.db.utils import Error
from django.http import HttpResponse, JsonResponse

from wayline.kit.refusals import Refusal

DISK_FLOOR_BYTES = 200_000_000


def livez(request):
    return HttpResponse("alive\n", content_type="text/plain")


def health(request):
    """200 when databases, warehouse and disk can take work; 503 with what is wrong otherwise."""
    checks = {"database": databases(), "warehouse": warehouse(), "disk": disk()}
    problems = {name: problem for name, problem in checks.items() if problem}
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
    from wayline.warehouse import connect

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
