"""What runs behind the pages is planned wherever it runs: in the server, and in `wayline worker`."""

import pytest
from asgiref.sync import async_to_sync

from wayline import asgi
from wayline.background import Background
from wayline.kit.tasks import recurring
from wayline.kit.tasks.models import Job
from wayline.kit.tasks.worker import Workers
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
    assert set(recurring.RECURRING) <= planned()
    assert Job.objects.filter(task__in=recurring.RECURRING).count() == len(recurring.RECURRING)


@pytest.mark.django_db(transaction=True)
def test_the_server_plans_it_too_whichever_process_listens():
    @async_to_sync
    async def run():
        async with asgi.background():
            pass

    run()

    assert set(recurring.RECURRING) <= planned()
