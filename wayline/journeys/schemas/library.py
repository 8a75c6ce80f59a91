"""What the API says about many journeys at once."""

from datetime import datetime

from ninja import Field, Schema

from wayline.journeys.models import BulkChange, Journey, SavedView

from .journeys import FlowEstimateOut, JourneyOut


class TogetherOut(Schema):
    """Everything inside a journey as one; `counted` is of the outermost measured ones."""

    journeys: int
    counted: int
    conversion: FlowEstimateOut | None
    scores: dict[str, FlowEstimateOut]


class ShelvedOut(Schema):
    """A journey of the library with how it goes."""

    journey: JourneyOut
    status: str
    level: int
    parent: int | None
    tags: list[str]
    steps: int
    bound: int
    conversion: FlowEstimateOut | None
    together: TogetherOut | None
    is_waiting: bool

    @staticmethod
    def resolve_status(row) -> str:
        return row.journey.status

    @staticmethod
    def resolve_level(row) -> int:
        return row.journey.level

    @staticmethod
    def resolve_parent(row) -> int | None:
        return row.journey.parent_id

    @staticmethod
    def resolve_tags(row) -> list[str]:
        return [tag.name for tag in row.journey.tags.all()]


class ShelfOut(Schema):
    items: list[ShelvedOut]
    n: int
    page: int
    pages: int


class NamedOut(Schema):
    id: int
    title: str


class StageOut(Schema):
    phase: str | None
    journeys: list[NamedOut]
    bound_steps: int

    @staticmethod
    def resolve_phase(stage) -> str | None:
        return stage.phase.name if stage.phase else None

    @staticmethod
    def resolve_journeys(stage) -> list[Journey]:
        return [row.journey for row in stage.journeys]

    @staticmethod
    def resolve_bound_steps(stage) -> int:
        return stage.bound


class PlaceOut(Schema):
    """Where a journey stands: outermost journey first, then what stands in it by phase."""

    ancestors: list[NamedOut]
    stages: list[StageOut]
    unmapped: list[str]
    together: TogetherOut | None

    @staticmethod
    def resolve_unmapped(place) -> list[str]:
        return [phase.name for phase in place.unmapped]


class AttachIn(Schema):
    parent: int
    phase: int | None = None


class ChangeIn(Schema):
    """`act` is owner, status, tag, untag, archive or unarchive; an owner is an e-mail address."""

    journeys: list[int]
    act: str
    value: str = ""


class BulkChangeOut(Schema):
    id: int
    act: str
    value: str
    journeys: int
    at: datetime
    undone_at: datetime | None

    @staticmethod
    def resolve_journeys(change: BulkChange) -> int:
        return len(change.before)


class ViewIn(Schema):
    name: str
    query: str = ""
    is_shared: bool = False


class ViewOut(Schema):
    id: int
    name: str
    query: str
    is_shared: bool
    is_own: bool = False

    @staticmethod
    def resolve_is_own(view: SavedView, context) -> bool:
        return view.created_by_id == context["request"].member.user_id


class OverlapOut(Schema):
    first: NamedOut
    second: NamedOut
    shared_signals: list[str] = Field(alias="shared")
    share: float
    is_silo: bool


class UnmappedOut(Schema):
    journey: NamedOut
    phase: str = Field(alias="name")


class GapsOut(Schema):
    """What nobody owns, measures or maps, and what is mapped twice; lists are cut at a hundred."""

    journeys: int
    ownerless_n: int
    ownerless: list[NamedOut]
    unbound_n: int
    unbound: list[NamedOut]
    unmapped: list[UnmappedOut]
    overlaps: list[OverlapOut]
    alone_n: int
    alone: list[NamedOut]
