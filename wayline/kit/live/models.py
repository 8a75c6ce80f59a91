from django.db import models


class Message(models.Model):
    """Something on a topic changed. The id is the stream's, so that whoever was away can catch up.

    The facts say what changed, never how it looks: it is drawn when it is sent, as it then is.
    """

    topic = models.CharField(max_length=80)
    facts = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["topic", "id"]), models.Index(fields=["at"])]

    def __str__(self):
        return f"{self.topic} {self.pk}"
