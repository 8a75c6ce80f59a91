from django.db import models

from wayline.accounts.models import Membership, User

from .journeys import Journey
from .seats import open_to


class ThreadQuerySet(models.QuerySet):
    def visible_to(self, member: Membership) -> "ThreadQuerySet":
        return self.filter(open_to(member, "journey__"), journey__deleted_at=None)

    def open(self) -> "ThreadQuerySet":
        return self.filter(resolved_at=None)


class Thread(models.Model):
    """A discussion pinned to something on a map. It moves with what it is pinned to."""

    class Subject(models.TextChoices):
        JOURNEY = "journey", "The journey"
        PHASE = "phase", "A phase"
        STEP = "step", "A step"
        LANE = "lane", "A lane"
        CARD = "card", "A card"

    journey = models.ForeignKey(Journey, models.CASCADE, related_name="threads")
    subject_kind = models.CharField(max_length=10, choices=Subject, default=Subject.JOURNEY)
    subject_key = models.CharField(max_length=40, blank=True)  # the id, or the key of a lane
    begun_at = models.DateTimeField()
    begun_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    objects = ThreadQuerySet.as_manager()

    class Meta:
        ordering = ["-begun_at", "-id"]
        indexes = [models.Index(fields=["journey", "subject_kind", "subject_key"])]

    def __str__(self):
        return f"{self.get_subject_kind_display()} {self.subject_key}".strip()

    @property
    def workspace_id(self) -> int:
        return self.journey.workspace_id


class CommentQuerySet(models.QuerySet):
    def visible_to(self, member: Membership) -> "CommentQuerySet":
        return self.filter(open_to(member, "thread__journey__"), deleted_at=None)


class Comment(models.Model):
    thread = models.ForeignKey(Thread, models.CASCADE, related_name="comments")
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()
    text = models.TextField()
    deleted_at = models.DateTimeField(null=True)

    objects = CommentQuerySet.as_manager()

    class Meta:
        ordering = ["at", "id"]

    def __str__(self):
        return self.text[:80]

    @property
    def workspace_id(self) -> int:
        return self.thread.journey.workspace_id


class NoticeQuerySet(models.QuerySet):
    def visible_to(self, member: Membership) -> "NoticeQuerySet":
        return self.filter(open_to(member, "comment__thread__journey__"), user=member.user_id)

    def unread(self) -> "NoticeQuerySet":
        return self.filter(read_at=None)


class Notice(models.Model):
    """Somebody should read a comment: they were mentioned, or they take part in the thread."""

    class Reason(models.TextChoices):
        MENTION = "mention", "mentioned you"
        REPLY = "reply", "answered"

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    comment = models.ForeignKey(Comment, models.CASCADE, related_name="notices")
    reason = models.CharField(max_length=10, choices=Reason)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [models.UniqueConstraint(fields=["user", "comment"], name="one_notice_per_comment")]

    def __str__(self):
        return f"{self.user}: {self.comment}"
