import multiprocessing
import os
import signal
import threading
import time
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from wayline.kit.tasks import enqueue, queue, registry, task
from wayline.kit.tasks.models import Job
from wayline.kit.tasks.worker import Worker, Workers
from wayline.kit.tests.on_disk import database_on_disk

pytestmark = pytest.mark.django_db
NOW = timezone.now()
done: list = []


@task("kit.note")
def note(payload: dict) -> None:
    done.append(payload["n"])


@task("kit.break")
def break_down(payload: dict) -> None:
    raise ValueError("The printer is on fire.")


@pytest.fixture(autouse=True)
def nothing_done():
    done.clear()


def test_a_job_runs_once_and_is_gone():
    enqueue("kit.note", {"n": 1}, now=NOW)
    worker = Worker()

    assert (worker.run_next(), worker.run_next()) == (True, False)
    assert done == [1]
    assert not Job.objects.exists()


def test_a_job_belongs_to_the_transaction_that_asked_for_it():
    with transaction.atomic():
        enqueue("kit.note", {"n": 1}, now=NOW)
        transaction.set_rollback(True)

    assert not Job.objects.exists()


def test_two_workers_never_hold_the_same_job():
    enqueue("kit.note", {"n": 1}, now=NOW)

    assert [len(queue.claim(name, now=NOW)) for name in ("a", "b")] == [1, 0]


def test_a_dead_workers_job_is_taken_when_its_lease_has_run_out():
    enqueue("kit.note", {"n": 1}, now=NOW)
    queue.claim("dead", now=NOW)

    early = queue.claim("next", now=NOW + queue.LEASE)
    late = queue.claim("next", now=NOW + queue.LEASE + timedelta(seconds=1))

    assert (early, [job.attempts for job in late]) == ([], [2])


def test_a_worker_that_comes_late_finishes_nothing():
    enqueue("kit.note", {"n": 1}, now=NOW)
    slow = queue.claim("slow", now=NOW)[0]
    queue.claim("next", now=NOW + 2 * queue.LEASE)

    assert not queue.finish(slow)
    assert not queue.extend(slow, now=NOW)
    assert Job.objects.get().worker == "next"


def test_a_lease_is_extended():
    enqueue("kit.note", {"n": 1}, now=NOW)
    job = queue.claim("a", now=NOW)[0]

    assert queue.extend(job, now=NOW + timedelta(seconds=50))
    assert queue.claim("b", now=NOW + timedelta(seconds=100)) == []


def test_a_failing_job_waits_longer_each_time_and_is_given_up():
    enqueue("kit.break", {}, now=NOW, max_attempts=3)
    waits, now = [], NOW
    for _ in range(3):
        job = queue.claim("a", now=now)[0]
        queue.fail(job, "ValueError: no", now=now)
        job.refresh_from_db()
        waits.append((job.run_at - now).total_seconds())
        now = job.run_at

    assert waits[:2] == [5, 20]
    assert (job.state, job.error) == (Job.State.DEAD, "ValueError: no")
    assert queue.claim("a", now=NOW + timedelta(days=9)) == []


def test_the_reason_of_a_failure_is_kept():
    enqueue("kit.break", {}, now=NOW)

    Worker().run_next()

    job = Job.objects.get()
    assert (job.state, job.error) == (Job.State.WAITING, "ValueError: The printer is on fire.")


def test_a_job_that_kills_its_workers_is_given_up():
    enqueue("kit.note", {"n": 1}, now=NOW - timedelta(days=1), max_attempts=2)
    for days in (1.0, 0.5):
        queue.claim("dead", now=NOW - timedelta(days=days))

    Worker().run_next()

    assert (Job.objects.get().state, done) == (Job.State.DEAD, [])


def test_a_job_that_was_given_up_can_be_tried_again():
    enqueue("kit.break", {}, now=NOW, max_attempts=1)
    Worker().run_next()

    assert queue.retry(Job.objects.get(), now=NOW)
    assert len(queue.claim("a", now=NOW)) == 1


def test_a_unique_key_holds_while_the_job_is_open():
    first = enqueue("kit.note", {"n": 1}, now=NOW, unique_key="report@monday")
    second = enqueue("kit.note", {"n": 2}, now=NOW, unique_key="report@monday")
    Worker().run_next()
    third = enqueue("kit.note", {"n": 3}, now=NOW, unique_key="report@monday")

    assert (first is None, second is None, third is None) == (False, True, False)


def test_a_job_waits_for_its_time():
    enqueue("kit.note", {"n": 1}, now=NOW, run_at=NOW + timedelta(hours=1))

    assert queue.claim("a", now=NOW) == []
    assert len(queue.claim("a", now=NOW + timedelta(hours=1))) == 1


def test_a_payload_holds_ids_not_documents():
    with pytest.raises(ValueError, match="pass ids"):
        enqueue("kit.note", {"text": "x" * 20_000}, now=NOW)


def test_an_unknown_task_is_a_failure_not_a_crash():
    enqueue("kit.no_such_task", {}, now=NOW)

    Worker().run_next()

    assert "no_such_task" in Job.objects.get().error


@pytest.fixture
def slow_task():
    """A long task that goes on until it is let go."""
    let_go = threading.Event()

    @task("kit.read_for_long", lane=registry.LONG)
    def read_for_long(payload: dict) -> None:
        assert let_go.wait(20)
        done.append("read")

    yield let_go
    let_go.set()
    registry.LONG_TASKS.discard("kit.read_for_long")


def test_each_lane_takes_its_own_jobs(slow_task):
    enqueue("kit.read_for_long", {}, now=NOW)
    enqueue("kit.note", {"n": 1}, now=NOW)

    quick = queue.claim("quick", now=NOW, lane="quick", limit=9)
    long = queue.claim("long", now=NOW, lane="long", limit=9)

    assert [[job.task for job in jobs] for jobs in (quick, long)] == [["kit.note"], ["kit.read_for_long"]]


@pytest.mark.django_db(transaction=True)
def test_a_long_job_does_not_hold_up_the_others(tmp_path, slow_task):
    """Real threads on a real file: the note is written while the file is still being read."""
    with database_on_disk(tmp_path / "jobs.sqlite3"):
        enqueue("kit.read_for_long", {}, now=timezone.now())
        workers = Workers()
        for worker in workers.each:
            worker.poll_seconds = 0.01
        workers.start()
        while not Job.objects.filter(state=Job.State.RUNNING).exists():
            time.sleep(0.005)

        enqueue("kit.note", {"n": 1}, now=timezone.now())
        until = time.monotonic() + 10
        while not done and time.monotonic() < until:
            time.sleep(0.005)
        during = list(done)
        slow_task.set()
        workers.stop()

        assert (during, sorted(map(str, done))) == ([1], ["1", "read"])


def test_a_task_that_runs_by_itself_is_asked_for_once_and_again(monkeypatch):
    monkeypatch.setitem(registry.EVERY, "kit.note_daily", timedelta(days=1))
    monkeypatch.setitem(registry.TASKS, "kit.note_daily", lambda payload: done.append("daily"))
    worker = Worker()
    monkeypatch.setattr(registry, "EVERY", {"kit.note_daily": timedelta(days=1)})
    worker.see_to_periodic()
    worker.see_to_periodic()

    worked = [worker.run_next(), worker.run_next()]

    assert (worked, done) == ([True, False], ["daily"])
    assert timedelta(hours=23) < Job.objects.get().run_at - timezone.now() <= timedelta(days=1)


def hold_a_job_until_killed(database: str, ready) -> None:
    """A worker process that claims a job and never finishes it."""
    from django.db import connections

    connections.close_all()
    connections["default"].settings_dict["NAME"] = database
    queue.claim("killed", now=timezone.now())
    connections.close_all()
    ready.set()
    signal.pause()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_job_survives_the_killing_of_its_worker(tmp_path):
    """A real process takes the job and is killed with the job in its hands."""
    from django.db import connection

    with database_on_disk(tmp_path / "jobs.sqlite3"):
        for n in range(3):
            enqueue("kit.note", {"n": n}, now=timezone.now())
        context = multiprocessing.get_context("fork")
        ready = context.Event()
        name = str(connection.settings_dict["NAME"])
        process = context.Process(target=hold_a_job_until_killed, args=(name, ready))
        process.start()
        assert ready.wait(20)
        os.kill(process.pid, signal.SIGKILL)
        process.join()

        worker, later = Worker(), timezone.now() + 2 * queue.LEASE
        while worker.run_next():
            pass
        assert sorted(done) == [1, 2]
        abandoned = queue.claim(worker.name, now=later)
        for job in abandoned:
            worker._do(job)

        assert sorted(done) == [0, 1, 2]
        assert not Job.objects.exists()
