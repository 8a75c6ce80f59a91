"""The rows of the map, in order.

A lane either takes cards that people place, or is supplied by name: a function from the picture to one cell
for each phase, and the template that shows an item of a cell. Higher areas join by adding a line with their
dotted path. What one map does differently (hidden, moved, renamed, lanes of its own) are rows of models.Lane.
"""

from dataclasses import dataclass, replace

from wayline.journeys import models

FILLED = "wayline.journeys.queries.filled"


@dataclass(frozen=True)
class Laid:
    """A lane as one map has it. Without a provider it takes cards."""

    key: str
    title: str
    icon: str
    help: str
    template: str = ""  # of what is supplied or counted; cards are drawn by cells.py
    provider: str = ""
    is_wide: bool = False  # one cell across all phases
    card_kind: str = ""  # what a new card in it is; empty: a note
    region: str = ""  # of the service blueprint: front, back or support
    counts: str = ""  # a summary: how many cards of this kind
    is_hidden: bool = False
    is_own: bool = False  # added on this map, and can be deleted
    persona: int | None = None  # whom it is about; None: everybody
    position: float = 0

    @property
    def takes_cards(self) -> bool:
        return not self.provider and not self.counts

    @property
    def label(self) -> str:
        return self.title

    @property
    def css(self) -> str:
        return f"l-{self.key} r-{self.region}" if self.region else f"l-{self.key}"


def _supplied(key: str, title: str, icon: str, help: str, template: str, provider: str, **more) -> Laid:
    return Laid(key, title, icon, help, f"journeys/lanes/{template}.html", f"{FILLED}.{provider}", **more)


LANES = (
    _supplied("step", "Steps", "route", "What the customer does", "step", "steps"),
    Laid("goal", "Goals", "target", "What they want to reach", card_kind="goal", is_hidden=True),
    Laid(
        "question",
        "Questions",
        "circle-question-mark",
        "What they ask themselves",
        card_kind="question",
        is_hidden=True,
    ),
    Laid(
        "evidence", "Physical evidence", "receipt", "What they can touch", card_kind="evidence", region="seen"
    ),
    _supplied("touch", "Touchpoints", "radio", "Where it happens", "touchpoint", "touchpoints"),
    _supplied("curve", "Emotion", "activity", "How it feels, −2 to +2", "curve", "emotion", is_wide=True),
    _supplied("quote", "In their words", "quote", "Verbatims, unedited", "words", "words"),
    _supplied("flow", "Flow", "waypoints", "How far they go, 95% interval", "flow", "flow"),
    _supplied("score", "Scores", "gauge", "Given at the step, 95% interval", "scores", "scores"),
    Laid("metric", "Metrics", "ruler", "What we measure here", card_kind="metric", is_hidden=True),
    Laid("pain", "Pain points", "triangle-alert", "What hurts", card_kind="pain"),
    Laid("gain", "Gains", "smile", "What delights", card_kind="gain", is_hidden=True),
    Laid("need", "Needs", "hand", "What they need", card_kind="need", is_hidden=True),
    Laid("observation", "Observations", "eye", "What we saw", card_kind="observation", is_hidden=True),
    Laid("opportunity", "Opportunities", "lightbulb", "What could be better", card_kind="opportunity"),
    Laid("nested", "Journeys inside", "layers", "Maps that go deeper", card_kind="journey", is_hidden=True),
    Laid("pictures", "Pictures", "image", "What it looks like", card_kind="picture", is_hidden=True),
    Laid("notes", "Notes", "letter-text", "Anything else", card_kind="text", is_hidden=True),
    Laid(
        "frontstage",
        "Frontstage",
        "eye",
        "Staff and screens they see",
        card_kind="frontstage",
        region="front",
    ),
    Laid("backstage", "Backstage", "eye-off", "Work they never see", card_kind="backstage", region="back"),
    Laid("system", "Systems", "server", "What it all runs on", card_kind="system", region="support"),
    Laid("policy", "Policies", "shield", "Rules that decide", card_kind="policy", region="support"),
    Laid(
        "service_level",
        "Service levels",
        "timer",
        "What is promised inside",
        card_kind="service_level",
        region="support",
    ),
)
LINES = {
    "front": "Line of interaction",
    "back": "Line of visibility",
    "support": "Line of internal interaction",
}
VIEWS = (("journey", "Journey"), ("blueprint", "Blueprint"), ("both", "Both"))
# What a blueprint keeps of the journey above its first line.
ABOVE_THE_LINE = {"step", "touch", "evidence"}


def layout(journey: models.Journey) -> list[Laid]:
    """Every lane of this map in its order, the hidden ones too."""
    stored = models.Lane.objects.kept().filter(journey=journey).select_related("persona")
    rows = {row.key: row for row in stored}
    laid = [
        _overridden(_about(journey, lane), rows.pop(lane.key, None), index)
        for index, lane in enumerate(LANES)
    ]
    laid += [_own(row, len(LANES) + index) for index, row in enumerate(rows.values())]
    return sorted(laid, key=lambda lane: (lane.position, lane.key))


def shown(journey: models.Journey, view: str = "journey", persona: int | None = None) -> list[Laid]:
    """The lanes of one view of the map. A blueprint's lanes below the lines stay in their order.

    Read for one persona, the lanes about other personas are left out.
    """
    lanes = [lane for lane in layout(journey) if not lane.is_hidden]
    if persona is not None:
        lanes = [lane for lane in lanes if lane.persona in (None, persona)]
    above = [lane for lane in lanes if not lane.region]
    below = sorted(
        (lane for lane in lanes if lane.region in LINES), key=lambda lane: [*LINES].index(lane.region)
    )
    if view == "both":
        return [lane for lane in lanes if lane.region not in LINES] + below
    if view == "blueprint":
        return [lane for lane in lanes if lane.key in ABOVE_THE_LINE] + below
    return above


def _about(journey: models.Journey, lane: Laid) -> Laid:
    if lane.key == "step" and journey.perspective == models.Journey.Perspective.EMPLOYEE:
        return replace(lane, help="What the employee does")
    return lane


def _overridden(lane: Laid, row: models.Lane | None, index: int) -> Laid:
    if row is None:
        return replace(lane, position=index)
    return replace(
        lane,
        title=row.title or lane.title,
        is_hidden=row.is_hidden,
        **_whose(row, lane.help),
        position=index if row.position is None else row.position,
    )


def _own(row: models.Lane, index: int) -> Laid:
    is_summary = row.kind == models.Lane.Kind.SUMMARY
    return Laid(
        key=row.key,
        title=row.title,
        icon="chart-column" if is_summary else ICONS.get(row.card_kind, "letter-text"),
        **_whose(row, "How many at each step" if is_summary else ""),
        template="journeys/map/count.html" if is_summary else "",
        card_kind="" if is_summary else row.card_kind,
        counts=row.card_kind if is_summary else "",
        is_hidden=row.is_hidden,
        is_own=True,
        position=index if row.position is None else row.position,
    )


def _whose(row: models.Lane, help: str) -> dict:
    name = row.persona_name
    return {"help": f"{name}. {help}".strip(), "persona": row.persona_id} if name else {"help": help}


ICONS = {lane.card_kind: lane.icon for lane in LANES if lane.card_kind} | {
    "quote": "quote",
    "touchpoint": "radio",
    "step": "corner-down-right",
}
