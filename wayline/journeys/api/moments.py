"""Endpoints about moments that matter and what must change there, before those that begin with a number."""

from datetime import date, datetime
from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router, Schema

from wayline.accounts.api_auth import by, needs
from wayline.accounts.queries import people
from wayline.journeys import operations, queries
from wayline.journeys.models import MomentChange, MomentChoice, Step
from wayline.journeys.operations.refusals import OwnerNotHere
from wayline.journeys.queries import moments
from wayline.journeys.schemas.journeys import FlowChangeOut, FlowEstimateOut

from .find import drawn_journey_of

router = Router()


class MomentEffectOut(Schema):
    """A sign of the step having gone badly, and the outcome's share on both sides.

    `at_stake` is how far the share of all compared lies below that of those who went well. It goes together;
    it is no proof of cause. `p_value` is corrected for all comparisons by Holm; null: too few to say.
    """

    sign: str
    words: str
    badly: FlowEstimateOut
    well: FlowEstimateOut
    difference: FlowChangeOut
    at_stake: float | None
    at_stake_low: float | None
    at_stake_high: float | None
    p_value: float | None

    @staticmethod
    def resolve_at_stake(effect) -> float | None:
        return effect.at_stake.difference if effect.at_stake else None

    @staticmethod
    def resolve_at_stake_low(effect) -> float | None:
        return effect.at_stake.low if effect.at_stake else None

    @staticmethod
    def resolve_at_stake_high(effect) -> float | None:
        return effect.at_stake.high if effect.at_stake else None


class MomentCandidateOut(Schema):
    step: int
    number: int
    title: str
    is_moment: bool
    is_dismissed: bool
    best: MomentEffectOut
    others: list[MomentEffectOut]

    @staticmethod
    def resolve_step(candidate) -> int:
        return candidate.step.pk

    @staticmethod
    def resolve_title(candidate) -> str:
        return candidate.step.title

    @staticmethod
    def resolve_is_moment(candidate) -> bool:
        return candidate.step.is_moment


class MomentsOut(Schema):
    """The steps the numbers propose, the strongest first; the journey read as its page does by itself."""

    outcome: str
    units: int
    tested: int
    candidates: list[MomentCandidateOut]

    @staticmethod
    def resolve_outcome(ranking) -> str:
        return ranking.words


class MomentReasonIn(Schema):
    """Kept with what the numbers say of this outcome: completed, score:nps or signal:Order Returned."""

    reason: str
    outcome: str = moments.COMPLETED


class MomentChoiceOut(Schema):
    id: int
    step_id: int
    kind: str
    reason: str
    at: datetime
    evidence: dict[str, Any]


class MomentChangeOut(Schema):
    """`cost` is in whole units of the workspace's currency."""

    id: int
    step_id: int
    kind: str
    what: str
    owner: str | None
    cost: int | None
    status: str
    due_on: date | None

    @staticmethod
    def resolve_owner(change: MomentChange) -> str | None:
        return change.owner.email if change.owner else None


class MomentChangeIn(Schema):
    """`kind` is people, process or technology; `status` planned, under_way, done or dropped."""

    kind: str
    what: str
    owner: str | None = None
    cost: int | None = None
    status: str = "planned"
    due_on: date | None = None


class MomentChangeDescribeIn(Schema):
    """What is left out stays; null takes an owner, a cost or a day away."""

    kind: str | None = None
    what: str | None = None
    owner: str | None = None
    cost: int | None = None
    status: str | None = None
    due_on: date | None = None


def _step(request, step_id: int) -> Step:
    found = Step.objects.visible_to(request.member).select_related("phase__journey")
    return get_object_or_404(found, pk=step_id)


def _decide(request, step_id: int, body: "MomentReasonIn", operation) -> MomentChoice:
    """Decide with the numbers of this day as evidence, as the page does."""
    step, said = _step(request, step_id), by(request)
    journey, outcome = drawn_journey_of(request, step.phase.journey_id), moments.outcome_of(body.outcome)
    reading = queries.usual_reading(journey, now=said["now"])
    evidence = moments.candidate_for(journey, reading, outcome, step)
    return operation(step, reason=body.reason, evidence=evidence, **said)


def _change(request, change_id: int) -> MomentChange:
    found = MomentChange.objects.visible_to(request.member).select_related("owner", "step__phase__journey")
    return get_object_or_404(found, pk=change_id)


def _said(request, given: dict) -> dict:
    """The owner by the e-mail; a required word that is null is left out."""
    if given.get("owner"):
        members = people(request.workspace.pk)
        owner = members.filter(email=given["owner"]).first()
        if owner is None:
            raise OwnerNotHere(f"{given['owner']} is not a member of this workspace.")
        given["owner"] = owner
    return {name: value for name, value in given.items() if value is not None or name not in REQUIRED}


REQUIRED = ("kind", "what", "status")


@router.get("/moment-changes", response=list[MomentChangeOut])
def changes(request, kind: str = "", status: str = "", open: bool = False):
    """What must change at the moments that matter of all journeys, what is due first."""
    today = timezone.localdate()
    return [
        each.change
        for each in moments.changes(request.member, today=today, kind=kind, status=status, open=open)
    ]


@router.get("/{journey_id}/moments", response=MomentsOut)
def candidates(request, journey_id: int, outcome: str = moments.COMPLETED):
    """The steps that go together with the outcome: completed, score:nps, or signal:Order Returned."""
    journey = drawn_journey_of(request, journey_id)
    reading = queries.usual_reading(journey, now=timezone.now())
    return moments.ranking(journey, reading, moments.outcome_of(outcome))


@router.post("/steps/{step_id}/accept-moment", response=MomentChoiceOut)
@needs("contributor")
def accept_moment(request, step_id: int, body: MomentReasonIn):
    """Flag a step as a moment that matters, with the reason."""
    return _decide(request, step_id, body, operations.accept_moment)


@router.post("/steps/{step_id}/dismiss-moment", response=MomentChoiceOut)
@needs("contributor")
def dismiss_moment(request, step_id: int, body: MomentReasonIn):
    """Say why a proposed step is no moment that matters."""
    return _decide(request, step_id, body, operations.dismiss_moment)


@router.post("/moments/{choice_id}/reconsider", response=MomentChoiceOut)
@needs("contributor")
def reconsider_moment(request, choice_id: int):
    """Take a decision about a moment back."""
    rows = MomentChoice.objects.visible_to(request.member).select_related("step__phase__journey")
    choice = get_object_or_404(rows, pk=choice_id)
    operations.reconsider_moment(choice, **by(request))
    return choice


@router.post("/steps/{step_id}/changes", response={201: MomentChangeOut})
@needs("contributor")
def add_change(request, step_id: int, body: MomentChangeIn):
    """List something that must change behind a step."""
    return 201, operations.add_change(_step(request, step_id), **_said(request, body.dict()), **by(request))


@router.post("/moment-changes/{moment_change_id}/describe", response=MomentChangeOut)
@needs("contributor")
def describe_change(request, moment_change_id: int, body: MomentChangeDescribeIn):
    """Say otherwise what must change, whose it is, what it costs, how far it is or when it is due."""
    change = _change(request, moment_change_id)
    operations.describe_change(change, **_said(request, body.dict(exclude_unset=True)), **by(request))
    return change


@router.post("/moment-changes/{moment_change_id}/delete", response={204: None})
@needs("contributor")
def delete_change(request, moment_change_id: int):
    """Take a change off the list. It can be restored."""
    operations.delete_change(_change(request, moment_change_id), **by(request))
    return 204, None


@router.post("/moment-changes/{moment_change_id}/restore", response=MomentChangeOut)
@needs("contributor")
def restore_change(request, moment_change_id: int):
    """Bring a change back onto the list."""
    change = get_object_or_404(MomentChange.objects.deleted_from(request.member), pk=moment_change_id)
    operations.restore_change(change, **by(request))
    return change
