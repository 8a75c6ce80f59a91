from django.db import models


class KeptQuerySet(models.QuerySet):
    def kept(self) -> "KeptQuerySet":
        return self.filter(deleted_at=None)
