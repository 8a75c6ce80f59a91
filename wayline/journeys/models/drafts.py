from django.db import models

from wayline.accounts.models import Membership, User, Workspace


class MapDraftQuerySet(models.QuerySet):
    def visible_to(self, member: Membership) -> "MapDraftQuerySet":
        return self.filter(workspace=member.workspace_id)


class MapDraft(models.Model):
    """A file that was uploaded to become a map, while a person says what its rows and columns mean."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    name = models.CharField(max_length=200)
    document = models.JSONField(null=True)  # of a file that is a map already
    sheet = models.JSONField(null=True)  # of a spreadsheet: exchange.spreadsheets.Sheet
    uploaded_at = models.DateTimeField()
    uploaded_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    objects = MapDraftQuerySet.as_manager()

    def __str__(self):
        return self.name
