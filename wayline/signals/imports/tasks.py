from datetime import timedelta

from django.utils import timezone

from wayline.kit import tasks

from . import cleaning
from . import run as runs
from .models import Import


@tasks.task(runs.TASK, lane=tasks.LONG)
def advance_import(payload: dict) -> None:
    """Read an import to its end; a worker that died left it where another one goes on."""
    run = Import.objects.filter(pk=payload["import"]).select_related("workspace").first()
    if run is not None:
        runs.advance(run, now=timezone.now())


@tasks.task("signals.clean_imports", every=timedelta(days=1))
def clean_imports(payload: dict) -> None:
    """Throw away what was stored for imports and is not needed any more."""
    cleaning.clean(now=timezone.now())
