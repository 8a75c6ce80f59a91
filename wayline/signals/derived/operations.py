from datetime import datetime

from django.db import IntegrityError, transaction

from wayline.accounts.models import User, Workspace
from wayline.audit import operations as audit
from wayline.kit.refusals import Refusal
from wayline.signals import upkeep
from wayline.signals.filters import TestUnclear, signal_filter
from wayline.warehouse import connect

from . import applying
from .models import DerivedRule
from .rules import Rule, conditions_of


class RuleNameTaken(Refusal):
    """Two rules of one workspace cannot derive the same name."""


class RuleIsOn(Refusal):
    """A rule that works is switched off first."""


class RuleIsOff(Refusal):
    """A rule that does not work cannot be switched off."""


def create_rule(
    workspace: Workspace, *, name: str, rule: Rule, by: User | None, now: datetime
) -> DerivedRule:
    """Write a rule down. It derives nothing until it is switched on."""
    _check(rule)
    try:
        with transaction.atomic():
            made = DerivedRule.objects.create(
                workspace=workspace,
                name=name,
                rule=rule.model_dump(mode="json"),
                created_at=now,
                created_by=by,
            )
            audit.record("rule.created", subject=made, by=by, at=now)
    except IntegrityError as error:
        raise RuleNameTaken(f"There is a rule called {name} already. Choose another name.") from error
    return made


def change_rule(made: DerivedRule, *, name: str, rule: Rule, by: User | None, now: datetime) -> None:
    """Let the rule say something else; what it derived follows in the background."""
    _check(rule)
    if made.is_on and name != made.name:
        raise RuleIsOn("Switch the rule off and withdraw its signals before it gets another name.")
    try:
        with transaction.atomic():
            made.name, made.rule = name, rule.model_dump(mode="json")
            made.save(update_fields=["name", "rule"])
            audit.record("rule.changed", subject=made, by=by, at=now)
    except IntegrityError as error:
        raise RuleNameTaken(f"There is a rule called {name} already. Choose another name.") from error
    applying.begin_anew(made)
    upkeep.ask(now=now)


def _check(rule: Rule) -> None:
    """A condition that cannot be carried out is refused now, not by the job that would fail on it."""
    for condition in conditions_of(rule):
        try:
            signal_filter(condition, connect.table("signals"))
        except TestUnclear as unclear:
            raise TestUnclear(f"The rule is not clear. {unclear}") from unclear


@transaction.atomic
def switch_on_rule(made: DerivedRule, *, by: User | None, now: datetime) -> None:
    """Derive from now on, and for the last ninety days, in the background."""
    if not DerivedRule.objects.filter(pk=made.pk, is_on=False).update(is_on=True):
        raise RuleIsOn("The rule is on already.")
    if made.since is None:
        clock = applying.clock_of(made.workspace_id, now=now)
        DerivedRule.objects.filter(pk=made.pk).update(since=(clock or now) - applying.PREVIEWED)
    made.refresh_from_db()
    audit.record("rule.switched_on", subject=made, by=by, at=now)
    upkeep.ask(now=now)


def switch_off_rule(made: DerivedRule, *, is_withdrawn: bool, by: User | None, now: datetime) -> None:
    """Derive no more; take back what was derived, or leave it."""
    with transaction.atomic():
        if not DerivedRule.objects.filter(pk=made.pk, is_on=True).update(is_on=False):
            raise RuleIsOff("The rule is off already.")
        made.refresh_from_db()
        audit.record("rule.switched_off", subject=made, by=by, at=now, is_withdrawn=is_withdrawn)
    # After the commit: the loader takes its lock before it opens a transaction, and so must everybody.
    if is_withdrawn:
        applying.withdraw(made, now=now)


def delete_rule(made: DerivedRule, *, by: User | None, now: datetime) -> None:
    """Delete a rule that is off, with everything it derived."""
    if made.is_on:
        raise RuleIsOn(f"{made} is on. Switch it off first.")
    applying.withdraw(made, now=now)
    with transaction.atomic():
        audit.record("rule.deleted", subject=made, by=by, at=now, rule=made.rule)
        made.delete()
