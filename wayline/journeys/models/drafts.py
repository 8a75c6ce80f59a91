from django.db import models

from wayline.accounts.models import Membership, User, Workspace


class MapDraftQuerySet(models.QuerySet):
    def visible_to(self, member: Membership) -> "MapDraftQuerySet":
        return self.filter(workspace=member.workspace_id)

    def of_the_same_file(self, draft: "MapDraft") -> "MapDraftQuerySet":
        """The maps that were uploaded together and are not drawn yet, this one among them."""
        same = {"uploaded_at": draft.uploaded_at, "uploaded_by": draft.uploaded_by_id}
        return self.filter(workspace=draft.workspace_id, **same)


class MapDraft(models.Model):
    """A file that was uploaded to become a map, while a person says what its rows and columns mean."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    name = models.CharField(max_length=200)
    document = models.JSONField(null=True)  # of a file that is a map already
    sheet = models.JSONField(null=True)  # of a spreadsheet: exchange.spreadsheets.Sheet
    unplaced = models.JSONField(default=list)  # what a map's file holds and no map has a place for
    uploaded_at = models.DateTimeField()
    uploaded_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    objects = MapDraftQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]

    def __str__(self):
        return self.name
