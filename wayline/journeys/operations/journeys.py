from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction

from wayline.accounts.models import Membership, User, Workspace
from wayline.audit import operations as audit
from wayline.journeys import conditions, templates_library
from wayline.journeys.models import Card, Journey, Phase, Placement, Step, Touchpoint
from wayline.journeys.templates_library import Template
from wayline.metrics.observed import ObservedName
from wayline.signals.conditions import SignalCondition

from . import order
from .refusals import (
    AlreadyDeleted,
    ChoiceUnknown,
    ConditionNotUnderstood,
    NotDeleted,
    OwnerNotHere,
    StepElsewhere,
    TemplateUnknown,
    TitleTooLong,
    WindowOutOfRange,
)

LONGEST_WINDOW = 3_650
CHOICES = (
    ("start", Journey.Start),
    ("follow", Journey.Follow),
    ("status", Journey.Status),
    ("perspective", Journey.Perspective),
)


@transaction.atomic
def create_journey(
    workspace: Workspace,
    *,
    by: User | None,
    now: datetime,
    template: str = "",
    title: str = "",
    observed: Sequence[ObservedName] = (),
    bindings: Mapping[str, SignalCondition] | None = None,
    **settings,
) -> Journey:
    """Start a journey, blank or from a template.

    A template's steps are bound at once to those of the `observed` names that they expect, or as `bindings`
    says by their keys; a step it leaves out stays unbound.
    """
    found = _template(template)
    if bindings is None:
        bindings = _expected(found, observed)
    _check_bindings(found, bindings)
    given = {
        "window_days": found.window_days,
        "follow": found.follow,
        "goal": found.goal,
        "persona": found.persona,
    }
    journey = Journey(
        workspace=workspace,
        title=order.worded(title or found.title, noun="journey", longest=160),
        created_at=now,
        created_by=by,
        changed_at=now,
        **_checked(workspace, given | settings),
    )
    journey.save()
    _fill(journey, found, bindings)
    audit.record("journey.created", subject=journey, by=by, at=now, template=template, bound=len(bindings))
    return journey


@transaction.atomic
def describe_journey(journey: Journey, *, by: User, now: datetime, **changes) -> None:
    """Change what the journey says, who owns it and how it is measured; left out, a setting stays."""
    if "title" in changes:
        changes["title"] = order.worded(changes["title"], noun="journey", longest=160)
    order.check_right(journey, by)
    changes = _checked(journey.workspace, changes)
    before = {name: getattr(journey, name) for name in changes}
    order.change_kept(journey, noun="journey", changed_at=now, **changes)
    order.outdate(journey)
    changed = {
        name: [str(before[name]), str(value)] for name, value in changes.items() if before[name] != value
    }
    audit.record("journey.described", subject=journey, by=by, at=now, changed=changed)


@transaction.atomic
def delete_journey(journey: Journey, *, by: User, now: datetime) -> None:
    """Take the journey out of the library. It can be restored."""
    order.check_right(journey, by)
    if not Journey.objects.kept().filter(pk=journey.pk).update(deleted_at=now):
        raise AlreadyDeleted("This journey is already deleted.")
    journey.deleted_at = now
    order.outdate(journey)
    audit.record("journey.deleted", subject=journey, by=by, at=now)


@transaction.atomic
def restore_journey(journey: Journey, *, by: User, now: datetime) -> None:
    """Bring a deleted journey back as it was."""
    order.check_right(journey, by)
    if not Journey.objects.filter(pk=journey.pk).exclude(deleted_at=None).update(deleted_at=None):
        raise NotDeleted("This journey is not deleted; there is nothing to undo.")
    journey.deleted_at = None
    order.outdate(journey)
    audit.record("journey.restored", subject=journey, by=by, at=now)


def _template(slug: str) -> Template:
    if not slug:
        return templates_library.BLANK
    found = templates_library.find(slug)
    if found is None:
        known = ", ".join(template.slug for template in templates_library.templates())
        raise TemplateUnknown(f"There is no template {slug!r}. Choose one of: {known}.")
    return found


def _checked(workspace: Workspace, fields: dict) -> dict:
    days = fields.get("window_days")
    if days is not None and not 1 <= days <= LONGEST_WINDOW:
        raise WindowOutOfRange(f"Choose a window of 1 to {LONGEST_WINDOW} days, or no limit.")
    for name, choices in CHOICES:
        if name in fields and fields[name] not in choices.values:
            raise ChoiceUnknown(f"{name.capitalize()} must be one of: {', '.join(choices.values)}.")
    owner = fields.get("owner")
    if owner and not Membership.objects.filter(workspace=workspace, user=owner).exists():
        raise OwnerNotHere(f"{owner} is not a member of this workspace. Choose a member as owner.")
    for name, longest in (("goal", 300), ("persona", 160)):
        if len(fields.get(name) or "") > longest:
            raise TitleTooLong(f"Shorten the {name} to {longest} characters.")
    return fields


def _expected(template: Template, observed: Sequence[ObservedName]) -> dict[str, SignalCondition]:
    found = {step.key: templates_library.binding(step, observed) for step in template.steps}
    return {key: condition for key, condition in found.items() if condition}


def _check_bindings(template: Template, bindings: Mapping[str, SignalCondition]) -> None:
    keys = [step.key for step in template.steps]
    if unknown := [key for key in bindings if key not in keys]:
        raise StepElsewhere(f"The template has no step {unknown[0]!r}. It has: {', '.join(keys) or 'none'}.")
    if not all(conditions.says_something(condition) for condition in bindings.values()):
        raise ConditionNotUnderstood("Choose at least one signal for each step that is bound.")


def _fill(journey: Journey, template: Template, bindings: Mapping[str, SignalCondition]) -> None:
    for position, planned in enumerate(template.phases):
        phase = Phase.objects.create(
            journey=journey, name=planned.name, question=planned.question, position=position
        )
        for place, drawn in enumerate(planned.steps):
            condition = bindings.get(drawn.key)
            step = Step.objects.create(
                phase=phase,
                title=drawn.title,
                key=drawn.key,
                position=place,
                condition=condition.model_dump(mode="json") if condition else None,
                is_required=drawn.is_required,
                is_repeatable=drawn.is_repeatable,
                is_moment=drawn.is_moment,
                assumed_feeling=drawn.assumed_feeling,
            )
            Touchpoint.objects.bulk_create(
                Touchpoint(step=step, name=name, channel=channel, position=index)
                for index, (name, channel) in enumerate(drawn.touchpoints)
            )
            _place_cards(journey, step, drawn)


def _place_cards(journey: Journey, step: Step, drawn: templates_library.TemplateStep) -> None:
    for index, (lane, kind, words, *metric) in enumerate(drawn.cards):
        card = Card.objects.create(
            workspace_id=journey.workspace_id,
            kind=kind,
            title=words,
            metric="".join(metric),
            created_at=journey.created_at,
            created_by=journey.created_by,
            changed_at=journey.created_at,
        )
        Placement.objects.create(card=card, journey=journey, step=step, lane=lane, position=index)
