import uuid

from django.db import models

from wayline.accounts.models import InWorkspace, Membership, User, Workspace
from wayline.audit.models import Activity


class Webhook(models.Model):
    """An address that is told of activities. Two secrets are valid while the key is being changed."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="webhooks")
    name = models.CharField(max_length=120)
    url = models.CharField(max_length=1000)
    activities = models.JSONField(default=list)  # names, or beginnings that end with a dot; none means all
    secret = models.BinaryField()  # sealed; webhooks.signing opens it
    previous_secret = models.BinaryField(null=True)
    previous_until = models.DateTimeField(null=True)
    is_enabled = models.BooleanField(default=True)
    failing_since = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    objects = InWorkspace.as_manager()

    class Meta:
        ordering = ["name", "id"]

    def __str__(self):
        return self.name

    def wants(self, activity: str) -> bool:
        chosen = self.activities
        return not chosen or any(
            activity.startswith(each) if each.endswith(".") else activity == each for each in chosen
        )


class DeliveryQuerySet(models.QuerySet):
    def visible_to(self, member: Membership) -> "DeliveryQuerySet":
        hidden = Activity.objects.hidden_from(member).values("pk")
        return self.filter(workspace=member.workspace_id).exclude(activity_id__in=hidden)


class Delivery(models.Model):
    """One activity told to one address, with every try. Given up, it waits for a person to send it again."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        DELIVERED = "delivered", "Delivered"
        DEAD = "dead", "Given up"

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries")
    activity_id = models.BigIntegerField(null=True)  # none for a test
    uid = models.UUIDField(default=uuid.uuid4, unique=True)
    name = models.CharField(max_length=80)
    body = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    tries = models.PositiveIntegerField(default=0)
    answers = models.JSONField(default=list)  # [at, status or null, sentence] of each try
    next_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["webhook", "activity_id"], name="one_delivery_per_activity")
        ]

    def __str__(self):
        return f"{self.name} to {self.webhook}"

    @property
    def last_answer(self) -> str:
        return self.answers[-1][2] if self.answers else ""


class ToldMark(models.Model):
    """How far the activities have been read for webhooks."""

    last = models.BigIntegerField(default=0)

    def __str__(self):
        return f"Up to {self.last}"
