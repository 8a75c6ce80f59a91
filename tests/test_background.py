"""What runs behind the pages is planned wherever it runs: in the server, and in `wayline worker`."""

import pytest
from asgiref.sync import async_to_sync
from django.utils import timezone

from wayline import asgi
from wayline.background import Background
from wayline.kit.tasks import queue, registry
from wayline.kit.tasks.models import Job
from wayline.kit.tasks.worker import Worker, Workers
from wayline.signals.loader import Loader

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _idle(monkeypatch):
    for each in (Loader, Workers):
        monkeypatch.setattr(each, "start", lambda self: None)
        monkeypatch.setattr(each, "stop", lambda self: None)


def planned() -> set[str]:
    return set(Job.objects.filter(state=Job.State.WAITING).values_list("task", flat=True))


def test_a_worker_plans_what_comes_back_once():
    Background().start()
    Background().start()

    assert {"signals.keep_retention", "integrations.tell"} <= planned()
    assert set(registry.EVERY) <= planned()
    assert Job.objects.filter(task__in=registry.EVERY).count() == len(registry.EVERY)


@pytest.mark.django_db(transaction=True)
def test_the_server_plans_it_too_whichever_process_listens():
    @async_to_sync
    async def run():
        async with asgi.background():
            pass

    run()

    assert set(registry.EVERY) <= planned()


def test_what_comes_back_within_a_minute_comes_back(monkeypatch):
    """Webhooks fell silent once: the next run had the key of the one that was still running."""
    monkeypatch.setitem(registry.TASKS, "integrations.tell", lambda payload: None)
    monkeypatch.setattr(registry, "EVERY", {"integrations.tell": registry.EVERY["integrations.tell"]})
    queue.plan(now=timezone.now())
    worker = Worker()

    for _ in range(3):
        assert worker.run_next()
        assert Job.objects.get().run_at > timezone.now()
        Job.objects.update(run_at=timezone.now())
