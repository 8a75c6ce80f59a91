"""The emotion curve: what the team assumed, hollow, and what was measured, filled with its band.

Beside it stand the curves of single personas, assumed too, each told by its line and its name.
"""

from dataclasses import dataclass, replace

from django.db.models import Q

from wayline.journeys.models import Journey, Persona, PersonaFeeling, Step
from wayline.kit import charts
from wayline.kit.charts import CurvePoint, lines

MOST_PERSONAS = 5  # as many as there are lines: STYLES in exchange/picture.py, .s1 to .s5 in feelings.css
LABEL_HEIGHT = 13  # in percent of the drawing: two names nearer than this would lie over each other


def curve(phases) -> dict:
    """The geometry of the curve across the phases.

    A step with a measured feeling shows that; what was assumed of it stays beside it as a ghost, so that the
    gap between belief and evidence can be seen.
    """
    if not phases:
        return charts.curve([])
    points = [_point(living, column) for column, phase in enumerate(phases) for living in phase.steps]
    drawn = charts.curve(points, columns=len(phases))
    believed = charts.curve(
        [_believed(point, living) for point, living in _pairs(points, phases)], columns=len(phases)
    )
    shown = {mark["number"]: mark for mark in drawn["points"]}
    drawn["ghosts"] = [
        mark
        for mark in believed["points"]
        if mark["number"] in shown and not shown[mark["number"]]["is_assumed"]
    ]
    drawn["handles"] = [
        _handle(mark, living) for mark, (_, living) in zip(drawn["rows"], _pairs(points, phases), strict=True)
    ]
    return drawn


def _handle(mark: dict, living) -> dict:
    held = _held(mark, living, living.step.assumed_feeling, living.step.version)
    return held | {"is_over": mark["is_assumed"]}  # the point of the curve itself


def _held(mark: dict, living, value: float | None, version: int) -> dict:
    """Where the team's belief is taken hold of; in the middle as long as nobody has one."""
    return {
        "step": living.step.pk,
        "version": version,
        "number": mark["number"],
        "label": mark["label"],
        "left": mark["left"],
        "top": charts.feeling_top(value or 0),
        "value": value or 0,
        "word": charts.feeling_word(value) if value is not None else "nothing",
        "is_set": value is not None,
    }


def _pairs(points, phases):
    return zip(points, (living for phase in phases for living in phase.steps), strict=True)


def _point(living, column: int) -> CurvePoint:
    measured, assumed = living.answer.feeling, living.step.assumed_feeling
    is_measured = measured is not None and measured.value is not None
    return CurvePoint(
        label=living.step.title,
        value=measured.value if is_measured else assumed,
        low=measured.low if is_measured else None,
        high=measured.high if is_measured else None,
        n=measured.n if is_measured else 0,
        column=column,
        is_assumed=not is_measured,
        is_thin=is_measured and measured.is_thin,
        is_moment=living.step.is_moment,
        address=living.links["scored"] if is_measured else "",
    )


def _believed(point: CurvePoint, living) -> CurvePoint:
    return CurvePoint(
        label=point.label, value=living.step.assumed_feeling, column=point.column, is_assumed=True
    )


@dataclass(frozen=True)
class PersonaCurve:
    """What is assumed of one persona. `style` numbers its line; `label_top` is where its name stands."""

    persona: Persona
    style: int
    points: tuple[dict, ...]
    line: str
    label_top: float


def personas_of(journey: Journey) -> list[Persona]:
    """Whose feelings the map can show: those it is drawn for; where there are none, the workspace's."""
    kept = Persona.objects.kept().filter(workspace=journey.workspace_id).select_related("segment", "picture")
    all_of_them = list(kept)
    if not all_of_them:
        return []
    felt = PersonaFeeling.objects.drawn().filter(step__phase__journey=journey)
    drawn_for = kept.filter(Q(journeys=journey) | Q(pk__in=felt.values("persona")))
    chosen = set(drawn_for.values_list("pk", flat=True))
    return [each for each in all_of_them if not chosen or each.pk in chosen][:MOST_PERSONAS]


def assumed_of(journey: Journey) -> dict[int, dict[int, PersonaFeeling]]:
    """The feelings assumed of single personas, by persona and step."""
    found: dict[int, dict[int, PersonaFeeling]] = {}
    rows = PersonaFeeling.objects.drawn().filter(step__phase__journey=journey).select_related("persona")
    for row in rows.order_by("persona__name", "persona"):
        found.setdefault(row.persona_id, {})[row.step_id] = row
    return found


def with_personas(picture, chosen: int | None = None) -> dict:
    """The curve with those of personas; of the chosen one alone, whose points can then be taken hold of."""
    curve = picture.curve
    if not picture.steps:
        return curve
    assumed = assumed_of(picture.journey)
    places = list(zip(curve["rows"], picture.steps, strict=True))
    drawn = [
        _drawn(style, felt, places)
        for style, (key, felt) in enumerate([*assumed.items()][:MOST_PERSONAS], start=1)
        if chosen in (None, key)
    ]
    extra: dict = {"personas": _apart(drawn)}
    if chosen is not None:
        extra |= {
            "chosen": chosen,
            "handles": [_handle_of(mark, living, assumed.get(chosen, {})) for mark, living in places],
        }
    return curve | extra


def _drawn(style: int, felt: dict[int, PersonaFeeling], places: list) -> PersonaCurve:
    points = tuple(
        {
            "number": mark["number"],
            "x": mark["x"],
            "left": mark["left"],
            "top": charts.feeling_top(row.feeling),
            "value": row.feeling,
            "word": charts.feeling_word(row.feeling),
        }
        for mark, living in places
        if (row := felt.get(living.step.pk))
    )
    persona = next(iter(felt.values())).persona
    line = lines.monotone([(point["x"], point["top"]) for point in points])
    return PersonaCurve(persona, style, points, line, points[-1]["top"] if points else 50)


def _apart(drawn: list[PersonaCurve]) -> list[PersonaCurve]:
    """The curves with their names moved so far that each can be read."""
    moved, above = [], -LABEL_HEIGHT / 2
    for curve in sorted((each for each in drawn if each.points), key=lambda each: each.label_top):
        above = max(curve.label_top, above + LABEL_HEIGHT)
        moved.append(replace(curve, label_top=round(above, 2)))
    over = max(0.0, above - 100)
    return [replace(each, label_top=round(max(4.0, each.label_top - over), 2)) for each in moved]


def _handle_of(mark: dict, living, felt: dict[int, PersonaFeeling]) -> dict:
    row = felt.get(living.step.pk)
    held = _held(mark, living, row.feeling if row else None, row.version if row else 0)
    return held | {"is_over": row is not None}


def at_step(step: Step) -> list[tuple[Persona, PersonaFeeling | None]]:
    """What is assumed of each persona at one step."""
    rows = {row.persona_id: row for row in PersonaFeeling.objects.drawn().filter(step=step)}
    return [(persona, rows.get(persona.pk)) for persona in personas_of(step.phase.journey)]
