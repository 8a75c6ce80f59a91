from django.db import models


class State(models.TextChoices):
    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Running"
    FINISHED = "finished", "Finished"
    FAILED = "failed", "Failed"


class Asked(models.Model):
    """Something a person asked for that a task does: how far it is, and why it failed."""

    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    folder = models.CharField(max_length=120, blank=True)
    error = models.CharField(max_length=500, blank=True)
    asked_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True
        ordering = ["-asked_at", "-id"]

    @property
    def is_open(self) -> bool:
        return self.state in {State.WAITING, State.RUNNING}
