"""What the API says about what stands on a map, and what it takes."""

from datetime import datetime

from ninja import Field, Schema

from wayline.journeys.models import Card, Comment, Share

from .journeys import FlowEstimateOut


class CardOut(Schema):
    """A card of the library, with the maps it stands on left out."""

    id: int
    kind: str
    title: str
    body: str
    channel: str
    owner: str | None
    metric: str
    linked_journey: int | None = Field(alias="linked_journey_id")
    linked_step: int | None = Field(alias="linked_step_id")
    picture: int | None = Field(alias="picture_id")
    version: int
    changed_at: datetime

    @staticmethod
    def resolve_owner(card: Card) -> str | None:
        return card.owner.email if card.owner else None


class LeadOut(Schema):
    """A step of a journey that leads to the one asked for, and the card that says so."""

    card: int = Field(alias="card_id")
    placement: int = Field(alias="pk")
    step: int = Field(alias="step_id")
    step_title: str = Field(alias="step.title")
    step_key: str = Field(alias="step.key")
    journey: int = Field(alias="journey_id")
    journey_title: str = Field(alias="journey.title")
    perspective: str = Field(alias="journey.perspective")


class PlacementOut(Schema):
    """A card where it stands. `version` is the placement's; the card has its own."""

    id: int
    step: int = Field(alias="step_id")
    lane: str
    position: float
    version: int
    card: CardOut


class CardIn(Schema):
    """A new card, or with `card` one of the library."""

    step: int
    lane: str
    title: str = ""
    card: int | None = None
    kind: str | None = None
    body: str = ""
    channel: str = ""
    metric: str = ""


class CardChangeIn(Schema):
    """What is left out stays. `seen` is the version of the card that the program read."""

    title: str | None = None
    kind: str | None = None
    body: str | None = None
    channel: str | None = None
    metric: str | None = None
    owner: str | None = None
    linked_journey: int | None = None
    linked_step: int | None = None
    picture: int | None = None
    seen: int | None = None


class PlaceIn(Schema):
    """To a step, before another placement or to the end of the cell."""

    step: int
    lane: str = ""
    before: int | None = None
    seen: int | None = None


class PasteIn(Schema):
    step: int
    lane: str
    text: str


class LaneOut(Schema):
    key: str
    title: str
    card_kind: str
    region: str
    takes_cards: bool
    is_hidden: bool
    is_own: bool


class LaneIn(Schema):
    title: str
    kind: str = "basic"
    card_kind: str = ""


class LaneChangeIn(Schema):
    """What is left out stays. `places` moves it: negative is up."""

    title: str | None = None
    is_hidden: bool | None = None
    places: int = Field(default=0, ge=-100, le=100)


class EdgeOut(Schema):
    id: int
    kind: str
    source: int = Field(alias="source_id")
    target: int = Field(alias="target_id")
    label: str


class EdgeIn(Schema):
    target: int
    label: str = ""
    kind: str = ""


class HandoffOut(Schema):
    """Work that goes from one card of the blueprint to another; the measured wait is in seconds.

    `verdict` is late, within noise, in time, too few to say, not measured, or empty without an expected wait.
    """

    id: int = Field(alias="handoff.pk")
    source: int = Field(alias="handoff.source_id")
    target: int = Field(alias="handoff.target_id")
    label: str = Field(alias="handoff.label")
    expected_minutes: int | None = Field(alias="handoff.expected_minutes")
    begins_with: str = Field(alias="handoff.begins_with")
    ends_with: str = Field(alias="handoff.ends_with")
    version: int = Field(alias="handoff.version")
    median_seconds: FlowEstimateOut | None = Field(alias="median")
    p90_seconds: FlowEstimateOut | None = Field(alias="p90")
    passed: FlowEstimateOut | None
    verdict: str


class HandoffIn(Schema):
    """From placement to placement; signals by which it is measured are else those of the cards' steps."""

    source: int
    target: int
    label: str = ""
    expected_minutes: int | None = None
    begins_with: str = ""
    ends_with: str = ""


class HandoffChangeIn(Schema):
    """What is left out stays. `seen` is the version that the program read."""

    label: str | None = None
    expected_minutes: int | None = None
    begins_with: str | None = None
    ends_with: str | None = None
    seen: int | None = None


class EditOut(Schema):
    label: str
    at: datetime
    state: str


class PictureOut(Schema):
    """`name` is what map files call it: the same picture has the same name everywhere."""

    id: int
    name: str
    width: int
    height: int


class PictureIn(Schema):
    """A picture's bytes (JPEG, PNG, WebP, GIF) as base64."""

    content: str


class CommentOut(Schema):
    id: int
    by: str | None
    at: datetime
    text: str

    @staticmethod
    def resolve_by(comment: Comment) -> str | None:
        return str(comment.by) if comment.by else None


class ThreadOut(Schema):
    id: int
    subject_kind: str
    subject_key: str
    about: str
    is_resolved: bool
    comments: list[CommentOut]


class ThreadIn(Schema):
    text: str
    subject_kind: str = "journey"
    subject_key: str = ""


class AnswerIn(Schema):
    text: str


class ShareOut(Schema):
    id: int
    name: str
    has_password: bool
    may_embed: bool
    shows_numbers: bool
    expires_at: datetime | None
    revoked_at: datetime | None
    opened: int

    @staticmethod
    def resolve_has_password(share: Share) -> bool:
        return bool(share.password)


class SharedOut(Schema):
    """A new link with its address."""

    share: ShareOut
    address: str


class ShareIn(Schema):
    """`expires_at` empty: until it is ended. `shows_numbers` false: the map without what was measured."""

    name: str = ""
    password: str = ""
    expires_at: datetime | None = None
    may_embed: bool = False
    shows_numbers: bool = True


class RemarkOut(Schema):
    step: int
    title: str
    remark: str
