from django.utils import timezone

from wayline.customers.trust import operations as trust
from wayline.kit.tasks import task

from . import operations, registry, upkeep
from .derived import applying as rules
from .imports import tasks as imports  # noqa: F401 - names the task that advances an import
from .names import counting
from .names import tasks as names  # noqa: F401 - names the task that counts names anew
from .quality import operations as quality
from .rights import tasks as rights  # noqa: F401 - names the tasks of people's rights


@task(trust.TASK)
def settle_traits(payload: dict) -> None:
    """Let traits follow the sources that are believed now, here and in the warehouse."""
    operations.settle_traits(payload["workspace"])


@task(upkeep.TASK)
def keep_up(payload: dict) -> None:
    now = timezone.now()
    # First, so that the next run is asked for whatever fails below.
    upkeep.ask_again(now=now)
    if counting.catch_up(now=now):
        upkeep.ask_for_the_rest(now=timezone.now())
    rules.catch_up(now=now)
    counting.forget_old(now=now)
    registry.forget_excerpts(now=now)
    quality.check_all(now=now)
