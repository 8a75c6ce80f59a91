from datetime import datetime

from django.db import models
from django.db.models import Q

from . import registry


class JobQuerySet(models.QuerySet):
    def ready(self, now: datetime) -> "JobQuerySet":
        """Due and free, or taken by a worker whose lease ran out."""
        waiting = Q(state=Job.State.WAITING, run_at__lte=now)
        abandoned = Q(state=Job.State.RUNNING, lease_until__lt=now)
        return self.filter(waiting | abandoned).order_by("run_at", "id")

    def in_lane(self, lane: str | None) -> "JobQuerySet":
        """Those whose task belongs to this lane; every task that does not say so is quick."""
        if lane is None:
            return self
        is_long = Q(task__in=registry.LONG_TASKS)
        return self.filter(is_long if lane == registry.LONG else ~is_long)


class Job(models.Model):
    """One piece of work that waits, runs under a lease, or was given up. Finished jobs are deleted."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        DEAD = "dead", "Given up"

    task = models.CharField(max_length=100)
    payload = models.JSONField(default=dict)
    workspace_id = models.BigIntegerField(null=True)  # no foreign key: the kit knows no area
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    run_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    worker = models.CharField(max_length=80, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    max_attempts = models.PositiveIntegerField(default=5)
    unique_key = models.CharField(max_length=200, null=True)
    error = models.TextField(blank=True)
    enqueued_at = models.DateTimeField()

    objects = JobQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["state", "run_at"])]
        constraints = [
            # What was given up stays to be looked at; it must not keep the same work from being asked for.
            models.UniqueConstraint(
                fields=["unique_key"], condition=~Q(state="dead"), name="one_open_job_per_unique_key"
            )
        ]

    def __str__(self):
        return f"{self.task} {self.pk}"
