from django.db import models

from wayline.accounts.models import Membership, User, Workspace

from .rules import RULE, Rule


class DerivedRuleQuerySet(models.QuerySet):
    def visible_to(self, member: Membership) -> "DerivedRuleQuerySet":
        return self.filter(workspace=member.workspace_id)


class DerivedRule(models.Model):
    """A rule that concludes signals from others. Its signals carry its name and the source `rule:<id>`."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    name = models.CharField(max_length=200)
    rule = models.JSONField()
    is_on = models.BooleanField(default=False)
    since = models.DateTimeField(null=True)  # nothing earlier is concluded
    derived_until = models.DateTimeField(null=True)  # the workspace's clock when it was last applied
    last_change = models.BigIntegerField(default=0)  # of who is who and what is called what
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    objects = DerivedRuleQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["workspace", "name"], name="one_rule_per_name")]

    def __str__(self):
        return self.name

    @property
    def says(self) -> Rule:
        return RULE.validate_python(self.rule)

    @property
    def source(self) -> str:
        return f"rule:{self.pk}"
