from datetime import datetime

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field

from wayline.accounts.api_auth import needs

from . import operations, queries, words
from .models import DerivedRule
from .rules import Rule

router = Router()


class RuleIn(Schema):
    name: str = Field(min_length=1, max_length=200, description="Of the derived signals.")
    rule: Rule


class RuleOut(Schema):
    id: int
    name: str
    rule: dict
    sentence: str
    is_on: bool
    since: datetime | None


class PreviewIn(Schema):
    rule: Rule


class ExampleOut(Schema):
    customer: int
    at: datetime
    because: str


class PreviewOut(Schema):
    count: int
    customers: int
    examples: list[ExampleOut]


class OffIn(Schema):
    is_withdrawn: bool = Field(False, description="Take back the signals it derived.")


@router.get("", response=list[RuleOut])
def rules(request):
    """The rules that derive signals from others."""
    return [_out(rule) for rule in DerivedRule.objects.visible_to(request.member)]


@router.post("", response={201: RuleOut})
@needs("contributor")
def create_rule(request, body: RuleIn):
    """Write a rule down; it derives nothing until it is switched on. Answers 409 when the name is taken."""
    made = operations.create_rule(
        request.workspace, name=body.name, rule=body.rule, by=request.member.user, now=timezone.now()
    )
    return 201, _out(made)


@router.post("/preview", response=PreviewOut)
@needs("contributor")
def preview_rule(request, body: PreviewIn):
    """What the rule would have derived in the last ninety days."""
    seen = queries.preview(request.member, body.rule, now=timezone.now())
    examples = [
        {"customer": made.customer, "at": made.at, "because": made.properties["because"]}
        for made, _ in seen.examples
    ]
    return {"count": seen.count, "customers": seen.customers, "examples": examples}


@router.put("/{rule_id}", response=RuleOut)
@needs("contributor")
def change_rule(request, rule_id: int, body: RuleIn):
    """Let the rule say something else; what it derived follows."""
    made = _rule(request, rule_id)
    operations.change_rule(made, name=body.name, rule=body.rule, by=request.member.user, now=timezone.now())
    return _out(made)


@router.post("/{rule_id}/on", response=RuleOut)
@needs("contributor")
def switch_on_rule(request, rule_id: int):
    """Derive from now on, and for the last ninety days. Answers 409 when it is on."""
    made = _rule(request, rule_id)
    operations.switch_on_rule(made, by=request.member.user, now=timezone.now())
    return _out(made)


@router.post("/{rule_id}/off", response=RuleOut)
@needs("contributor")
def switch_off_rule(request, rule_id: int, body: OffIn):
    """Derive no more. Answers 409 when it is off."""
    made = _rule(request, rule_id)
    operations.switch_off_rule(
        made, is_withdrawn=body.is_withdrawn, by=request.member.user, now=timezone.now()
    )
    return _out(made)


@router.delete("/{rule_id}", response={204: None})
@needs("contributor")
def delete_rule(request, rule_id: int):
    """Delete a rule that is off, with everything it derived."""
    operations.delete_rule(_rule(request, rule_id), by=request.member.user, now=timezone.now())
    return 204, None


def _rule(request, rule_id: int) -> DerivedRule:
    return get_object_or_404(DerivedRule.objects.visible_to(request.member), pk=rule_id)


def _out(made: DerivedRule) -> dict:
    columns = ("id", "name", "rule", "is_on", "since")
    return {name: getattr(made, name) for name in columns} | {"sentence": words.sentence(made.says)}
