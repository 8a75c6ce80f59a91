"""The cards of a map in their cells: the same for the page, the answer to a change, and the live stream."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from django.db.models import Count, QuerySet

from wayline.accounts.models import Membership
from wayline.journeys.badges import Badge, of_cards
from wayline.journeys.models import Card, Journey, Placement, Step, Thread

from .lanes import Laid, layout


@dataclass(frozen=True, slots=True)
class Standing:
    """A card where it stands, with what is shown of it on a map. Flat, because a map has hundreds of them."""

    placement: int
    lane: str
    step: int
    version: int  # of the place
    card: int
    kind: str
    title: str
    said: int  # the version of the words
    channel: str = ""
    has_more: bool = False
    owner: str = ""
    picture: int | None = None
    picture_width: int | None = None
    picture_height: int | None = None
    leads_to: str = ""  # the title of another journey, or of a step of one
    leads_by: str = ""  # the icon of that
    talks: int = 0  # open discussions
    elsewhere: int = 0  # how many other maps it is on
    badges: tuple[Badge, ...] = ()


@dataclass(frozen=True)
class StepCell:
    """What one lane holds at one step. `count` is for summaries only, with the most of any step."""

    lane: Laid
    step: "Step | Titled"
    number: int
    cards: tuple[Standing, ...] = ()
    count: int = 0
    most: int = 0

    @property
    def id(self) -> str:
        return f"cell-{self.lane.key}-{self.step.pk}"

    @property
    def share(self) -> float:
        return self.count / self.most if self.most else 0


Key = tuple[str, int]  # lane, step
BadgesOf = Callable[[Collection[int]], dict[int, tuple[Badge, ...]]]  # by card


def cells(journey: Journey, lanes: Sequence[Laid], steps: Sequence, badges: BadgesOf) -> dict[Key, StepCell]:
    """Every cell of these lanes. The steps are numbered ones: anything with `number` and `step`."""
    if not lanes:
        return {}
    standing = _standing(journey, {lane.key for lane in lanes}, [each.step.pk for each in steps], badges)
    counted = _counted(journey, {lane.counts for lane in lanes if lane.counts})
    most = {kind: max(each.values(), default=0) for kind, each in counted.items()}
    return {
        (lane.key, each.step.pk): StepCell(
            lane,
            each.step,
            each.number,
            tuple(standing.get((lane.key, each.step.pk), ())),
            counted.get(lane.counts, {}).get(each.step.pk, 0),
            most.get(lane.counts, 0),
        )
        for lane in lanes
        for each in steps
    }


@dataclass(frozen=True)
class Titled:
    """As much of a step as a cell says of it."""

    pk: int
    title: str


@dataclass(frozen=True)
class Numbered:
    number: int
    step: Step | Titled


def numbered(journey: Journey) -> list[Numbered]:
    """The steps of a map with their numbers."""
    return [Numbered(number, step) for number, step in enumerate(_in_order(journey), start=1)]


def _in_order(journey: Journey) -> QuerySet[Step]:
    steps = Step.objects.kept().filter(phase__journey=journey, phase__deleted_at=None)
    return steps.order_by("phase__position", "phase", "position", "pk")


def some_cells(journey: Journey, keys: Collection[Key]) -> list[StepCell]:
    """These cells as they now are, with the summaries that count what is in them."""
    wanted = {step for _, step in keys}
    names = {lane for lane, _ in keys}
    lanes = [lane for lane in layout(journey) if lane.key in names or lane.counts]
    titles = _in_order(journey).values_list("pk", "title")
    steps = [
        Numbered(number, Titled(pk, title))
        for number, (pk, title) in enumerate(titles, start=1)
        if pk in wanted
    ]
    found = cells(journey, lanes, steps, of_cards)
    return [cell for key, cell in found.items() if key in set(keys) or cell.lane.counts]


FOUND = 20


def library(member: Membership, search: str = "") -> list[Card]:
    """Cards of the workspace's library whose words hold these, the latest first."""
    cards = Card.objects.visible_to(member)
    if search.strip():
        cards = cards.filter(title__icontains=search.strip())
    return list(cards.order_by("-changed_at", "-pk")[:FOUND])


def maps_of(card: Card, member: Membership) -> list[Placement]:
    """Where the card stands, on every map that the member may see."""
    placements = Placement.objects.visible_to(member).filter(card=card)
    return list(placements.select_related("journey__workspace", "step").order_by("journey__title", "pk"))


CLOSED = "A restricted journey"
# The first nine of `_READ`, in its order; `_standing` takes the card from there as row[4].
_OWN = ("placement", "lane", "step", "version", "card", "kind", "title", "said", "channel")
# What is read of a placement, its card, and what the card names: columns, not models.
_READ = (
    "pk",
    "lane",
    "step_id",
    "version",
    "card_id",
    "card__kind",
    "card__title",
    "card__version",
    "card__channel",
    "card__body",
    "card__owner__name",
    "card__owner__email",
    "card__picture",
    "card__picture__width",
    "card__picture__height",
    "card__linked_journey__title",
    "card__linked_journey__is_restricted",
    "card__linked_step__title",
    "card__linked_step__phase__journey__is_restricted",
)


def _standing(
    journey: Journey, lanes: set[str], steps: Sequence[int], badges: BadgesOf
) -> dict[Key, list[Standing]]:
    placements = Placement.objects.filter(
        journey=journey, lane__in=lanes, step__in=steps, deleted_at=None, card__deleted_at=None
    )
    rows = list(placements.values_list(*_READ))
    if not rows:
        return {}
    talks = _talks(journey)
    cards = {row[4] for row in rows}
    elsewhere, known = _elsewhere(journey, cards), badges(cards)
    found: dict[Key, list[Standing]] = {}
    for row in rows:
        standing = _read(row, talks[str(row[4])], elsewhere.get(row[4], 0), known.get(row[4], ()))
        found.setdefault((standing.lane, standing.step), []).append(standing)
    return found


def _read(row: tuple, talks: int, elsewhere: int, badges: tuple[Badge, ...]) -> Standing:
    own, (body, owner_name, owner_email, picture, width, height, *leads) = row[:9], row[9:]
    # The title of what only some may see is said to nobody: a drawing is the same for everybody.
    to_journey, to_step = (CLOSED if leads[at + 1] else leads[at] for at in (0, 2))
    shown = dict(zip(_OWN, own, strict=True))
    return Standing(
        **shown,
        has_more=bool(body),
        owner=owner_name or owner_email or "",
        picture=picture,
        picture_width=width,
        picture_height=height,
        leads_to=to_journey or to_step or "",
        leads_by="layers" if to_journey else "corner-down-right",
        talks=talks,
        elsewhere=elsewhere,
        badges=badges,
    )


def _talks(journey: Journey) -> Counter:
    on_cards = Thread.objects.filter(journey=journey, resolved_at=None, subject_kind=Thread.Subject.CARD)
    return Counter(on_cards.order_by().values_list("subject_key", flat=True))


def _elsewhere(journey: Journey, cards: Collection[int]) -> dict[int, int]:
    """How many other maps each card is on; most are on none, which is asked of the placements alone."""
    placed = Placement.objects.filter(card__in=cards, deleted_at=None).order_by()
    cards = {card for card, at in placed.values_list("card", "journey") if at != journey.pk}
    if not cards:
        return {}
    others = Placement.objects.on_kept_maps().filter(card__in=cards, journey__is_restricted=False)
    counted = others.exclude(journey=journey).values("card").annotate(maps=Count("journey", distinct=True))
    return dict(counted.values_list("card", "maps"))


def _counted(journey: Journey, kinds: set[str]) -> dict[str, dict[int, int]]:
    if not kinds:
        return {}
    placements = Placement.objects.on_kept_maps().filter(journey=journey, card__kind__in=kinds)
    found: dict[str, dict[int, int]] = {kind: {} for kind in kinds}
    for kind, step, count in placements.values_list("card__kind", "step").annotate(count=Count("pk")):
        found[kind][step] = count
    return found
