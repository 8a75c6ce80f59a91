"""The emotion curve: what the team assumed, hollow, and what was measured, filled with its band."""

from wayline.kit import charts
from wayline.kit.charts import CurvePoint


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
    """Where the team's belief is taken hold of; in the middle as long as nobody has one."""
    value = living.step.assumed_feeling
    return {
        "step": living.step.pk,
        "version": living.step.version,
        "number": mark["number"],
        "label": mark["label"],
        "left": mark["left"],
        "top": charts.feeling_top(value or 0),
        "value": value or 0,
        "word": charts.feeling_word(value) if value is not None else "nothing",
        "is_set": value is not None,
        "is_over": mark["is_assumed"],  # the point of the curve itself
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
