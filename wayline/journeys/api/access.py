"""Who may see and change a journey, for programs."""

from ninja import Router, Schema

from wayline.accounts.api_auth import by, needs
from wayline.journeys import operations
from wayline.journeys.models import Journey

from .find import journey_of

router = Router()


class SeatIn(Schema):
    """A member of the workspace by the id of their user."""

    user: int
    may_edit: bool = False


class AccessOut(Schema):
    is_restricted: bool
    people: list[SeatIn]


class AccessIn(Schema):
    people: list[SeatIn]


def _access(journey: Journey) -> dict:
    people = [{"user": seat.user_id, "may_edit": seat.may_edit} for seat in journey.seats.all()]
    return {"is_restricted": journey.is_restricted, "people": people}


@router.get("/{journey_id}/access", response=AccessOut)
def access_of(request, journey_id: int):
    """Whether only some people see the journey, and who they are."""
    return _access(journey_of(request, journey_id))


@router.post("/{journey_id}/restrict", response=AccessOut)
@needs("manager")
def restrict_journey(request, journey_id: int, body: AccessIn):
    """Let only these people see the journey, and some of them change it. Its share links end."""
    journey = journey_of(request, journey_id)
    people = {person.user: person.may_edit for person in body.people}
    operations.restrict_journey(journey, people=people, **by(request))
    return _access(journey)


@router.post("/{journey_id}/open", response=AccessOut)
@needs("manager")
def open_journey(request, journey_id: int):
    """Let the whole workspace see the journey again."""
    journey = journey_of(request, journey_id)
    operations.open_journey(journey, **by(request))
    return _access(journey)
