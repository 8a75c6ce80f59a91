from wayline.kit import tasks

from . import standings


@tasks.task(standings.TASK)
def work_out_standings(payload: dict) -> None:
    """Work out how these journeys go."""
    standings.work_out(payload["journeys"])
