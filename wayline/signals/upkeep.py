"""Asks for what is done behind the loading: names are counted, and conclusions drawn, in the background.

The loader asks whenever it loaded something, and each run asks for the next one, so that silence is noticed
although nothing arrives. A run may happen twice: all it does keeps marks of its own.
"""

from datetime import datetime, timedelta

from wayline.kit.tasks import enqueue

TASK = "signals.keep_up"
EVERY = timedelta(minutes=10)
SOON = timedelta(seconds=5)  # under load many small counts would cost more than few large ones


def ask(*, now: datetime) -> None:
    """Have the upkeep done soon, once however often it is asked for."""
    enqueue(TASK, {}, now=now, run_at=now + SOON, unique_key=TASK)


def ask_for_the_rest(*, now: datetime) -> None:
    """Have what was loaded meanwhile seen to: asking while a run is open is asking for nothing.

    Counting on until nothing is left would never end while signals come in, and hold up other tasks.
    """
    enqueue(TASK, {}, now=now, run_at=now + SOON, unique_key=f"{TASK}:rest")


def ask_again(*, now: datetime) -> None:
    """Have the next run at the end of this span of time, whoever asks."""
    turn = int(now.timestamp() // EVERY.total_seconds()) + 1
    run_at = datetime.fromtimestamp(turn * EVERY.total_seconds(), now.tzinfo)
    enqueue(TASK, {}, now=now, run_at=run_at, unique_key=f"{TASK}:{turn}")
