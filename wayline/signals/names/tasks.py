from django.utils import timezone

from wayline.kit.tasks import task

from . import counting
from .models import Term
from .operations import RECOUNT


@task(RECOUNT)
def recount_names(payload: dict) -> None:
    terms = Term.objects.filter(pk__in=payload["terms"])
    for workspace in set(terms.values_list("workspace_id", flat=True)):
        names = terms.filter(workspace=workspace).values_list("kind", "name")
        counting.recount(workspace, list(names), now=timezone.now())
