"""The map that a table draws when its labels mean what is said, and what found no place on it.

Two shapes are known. Across: phases and steps stand in rows, each further row is a lane. Down: each row is a
step, each column says something of it. Nothing is left out without being told.
"""

import re
from collections.abc import Iterable, Mapping

from django.utils.text import slugify
from pydantic import ValidationError

from wayline.journeys.exchange.document import (
    CardPart,
    Document,
    FeelingPart,
    MapNotUnderstood,
    PhasePart,
    StepPart,
    TouchpointPart,
    line_of,
    sentence,
)
from wayline.journeys.exchange.unplaced import Unplaced

from .files import Sheet
from .words import (
    CARD_ROLES,
    CARDS,
    IGNORE,
    KIND_OF,
    LANE_OF,
    NO,
    NOT_READ,
    YES,
    feelings_of,
    is_only_a_feeling,
    plain,
    rest_of,
)

Said = dict[str, list[str]]


def document_of(sheet: Sheet, roles: Mapping[str, str] | None = None, *, title: str = "") -> Document:
    """The map that the table draws when its labels mean this."""
    return place(sheet, roles, title=title)[0]


def place(
    sheet: Sheet, roles: Mapping[str, str] | None = None, *, title: str = ""
) -> tuple[Document, tuple[Unplaced, ...]]:
    """The map that the table draws, and what of it found no place there."""
    placing = _Placing(sheet, sheet.guess | dict(roles or {}))
    phases = placing.phases()
    try:
        drawn = Document(
            title=(title or sheet.title)[:160], persona=sheet.persona, goal=sheet.goal, phases=phases
        )
    except ValidationError as error:
        raise MapNotUnderstood(sentence(error)) from error
    return drawn, (*sheet.unplaced, *placing.unplaced)


def key_of(words: str, taken: set[str]) -> str:
    """A key for the step that no other has."""
    wanted, number = (slugify(words)[:70] or "step"), 2
    key = wanted
    while key in taken:
        key, number = f"{wanted}-{number}", number + 1
    taken.add(key)
    return key


class _Placing:
    """One look through a table."""

    def __init__(self, sheet: Sheet, meant: Mapping[str, str]):
        self.sheet = sheet
        self.unplaced: list[Unplaced] = []
        self.keys: set[str] = set()
        self.places: dict[str, list[int]] = {}
        for label, role in sorted(meant.items(), key=lambda pair: int(pair[0])):
            self.places.setdefault(role, []).append(int(label))
        if "step" not in self.places and "phase" not in self.places:
            raise MapNotUnderstood("No row or column holds the steps. Say which one does.")
        for number in self.places.get(IGNORE, ()):
            self._leave_out(number)

    def phases(self) -> tuple[PhasePart, ...]:
        self._read_feelings()
        phases: dict[str, list[StepPart]] = {}
        questions: dict[str, str] = {}
        for column in range(len(self.sheet.cells[0])):
            said = {
                role: [self.sheet.cells[number][column] for number in there]
                for role, there in self.places.items()
            }
            phase = self._one(said, "phase", 120, column) or "Journey"
            steps = phases.setdefault(phase, [])
            question = self._one(said, "question", 200, column)
            if question and questions.setdefault(phase, question) != question:
                self._lack(column, "question", question, "A phase has one question, and has it already")
            self._put(steps, phase, said, column)
        return tuple(
            PhasePart(name=name, question=questions.get(name, ""), steps=tuple(steps))
            for name, steps in phases.items()
        )

    def _put(self, steps: list[StepPart], phase: str, said: Said, column: int) -> None:
        """The column as a step of its phase, or with the step before it where none is named."""
        words = self._one(said, "step", 10_000, column) or ("" if "step" in self.places else phase)
        if words:
            steps.append(self._step(words, said, column))
            return
        part = self._step(phase, said, column, key="unnamed")
        if not (part.cards or part.touchpoints or part.feelings or part.feeling is not None):
            return
        if steps:
            before = steps[-1]
            steps[-1] = before.model_copy(
                update={
                    "cards": before.cards + part.cards,
                    "touchpoints": before.touchpoints + part.touchpoints,
                    "feeling": part.feeling if before.feeling is None else before.feeling,
                    "feelings": before.feelings or part.feelings,
                }
            )
            why = f"No step is named there, so it stands at the step before: {before.title}"
            if (before.feeling is not None and part.feeling is not None) or (
                before.feelings and part.feelings
            ):
                why += ". Its feeling is left out: that step has one"
        else:
            steps.append(part.model_copy(update={"key": key_of(phase, self.keys)}))
            why = "No step is named there, so the step is called like its phase"
        self.unplaced.append(Unplaced(self._where(column), _first(said), why))

    def _step(self, words: str, said: Said, column: int, key: str = "") -> StepPart:
        title, *more = [line for line in map(line_of, words.splitlines()) if line] or ["Step"]
        if len(title) > 200:
            more.insert(0, title)
        is_moment, about = self._moment(said)
        cards = [_card(CARDS, line) for line in (*more, *about)]
        cards += [_card(role, line) for role in said if role in CARD_ROLES for line in _lines(said[role])]
        cards += [_card(CARDS, line) for line in self.worded.get(column, ())]
        return StepPart(
            title=title[:200],
            key=key or key_of(title, self.keys),
            feeling=self.felt.get(column),
            feelings=tuple(
                FeelingPart(persona=persona, feeling=felt[column])
                for persona, felt in self.personas.items()
                if column in felt
            ),
            moment=is_moment,
            touchpoints=self._touchpoints(said, column),
            cards=tuple(cards),
        )

    def _read_feelings(self) -> None:
        """The curve of everybody, those of single personas, and the words around feelings."""
        self.felt: dict[int, float] = {}
        self.personas: dict[str, dict[int, float]] = {}
        self.worded: dict[int, list[str]] = {}
        rows = self.places.get("feeling", ())
        for number in rows:
            persona = rest_of(self.sheet.labels[number])[:120] if len(rows) > 1 else ""
            curve = self.personas.setdefault(persona, {}) if persona else self.felt
            cells = self.sheet.cells[number]
            is_second = not persona and bool(self.felt) or bool(persona and curve)
            for column, (cell, feeling) in enumerate(zip(cells, feelings_of(cells), strict=True)):
                if feeling is None and cell:
                    self._lack(
                        column, number, cell, "Neither a number, a face nor a word for a feeling we know"
                    )
                elif is_second and cell:
                    why = "A second curve: a map has one for everybody and one for each persona"
                    self._lack(column, number, cell, why)
                elif feeling is not None:
                    curve[column] = feeling
                    if not is_only_a_feeling(cell):
                        self.worded.setdefault(column, []).extend(_lines([cell]))

    def _touchpoints(self, said: Said, column: int) -> tuple[TouchpointPart, ...]:
        names, channels = _lines(said.get("touchpoint", [])), _lines(said.get("channel", []))
        pairs = [
            (name, channels[place] if place < len(channels) else "")
            for place, name in enumerate(names or channels)
        ]
        pairs += [(channel, channel) for channel in channels[len(names) :] if names]
        for name, channel in pairs:
            if len(name) > 120 or len(channel) > 40:
                why = "Too long for a touchpoint (120 letters) or its channel (40); it is cut"
                self._lack(column, "touchpoint", f"{name}, {channel}", why)
        return tuple(TouchpointPart(name=name[:120], channel=channel[:40]) for name, channel in pairs)

    def _moment(self, said: Said) -> tuple[bool, list[str]]:
        """A mark makes a moment that matters; a sentence about it does too, and stays as a note."""
        words = next((text for text in said.get("moment", ()) if text), "")
        if not words or words.casefold() in NO or plain(words) in NO:
            return False, []
        is_mark = words.casefold() in YES or plain(words) in YES
        return True, [] if is_mark else _lines([words])

    def _one(self, said: Said, role: str, longest: int, column: int) -> str:
        """The one value of a role, which more than one row may have been given."""
        values = [text for text in said.get(role, ()) if text]
        for text in values[1:]:
            if text != values[0]:
                self._lack(column, role, text, "Another row or column says it already")
        if not values:
            return ""
        if role != "step" and len(values[0]) > longest:
            self._lack(column, role, values[0], f"Longer than {longest} letters; it is cut")
        return (values[0] if role == "step" else line_of(values[0]))[:longest]

    def _leave_out(self, number: int) -> None:
        label, cells = self.sheet.labels[number], [cell for cell in self.sheet.cells[number] if cell]
        if not cells:
            return
        why = (
            "What a step is bound to is not read from a table: bind it once the map is drawn"
            if plain(label) in NOT_READ
            else "Left out, as you said"
        )
        more = f" and {len(cells) - 1} more cells" if len(cells) > 1 else ""
        self.unplaced.append(Unplaced(label, cells[0][:120] + more, why))

    def _lack(self, column: int, row: int | str, words: str, why: str) -> None:
        number = self.places[row][0] if isinstance(row, str) else row
        where = f"{self.sheet.labels[number]}, {self._where(column)}"
        self.unplaced.append(Unplaced(where, words[:200], why))

    def _where(self, column: int) -> str:
        return f"{'column' if self.sheet.shape == 'across' else 'row'} {column + 2}"


def _card(role: str, words: str) -> CardPart:
    """A card of one line; what is too long for its title stands in full below it."""
    return CardPart(
        lane=LANE_OF.get(role, role),
        kind=KIND_OF.get(role, role),  # type: ignore[arg-type]
        title=words[:300],
        body=words if len(words) > 300 else "",
    )


def _first(said: Said) -> str:
    return next(
        (text for role in said if role not in ("phase", "question") for text in said[role] if text), ""
    )[:200]


def _lines(texts: Iterable[str]) -> list[str]:
    """The things of a cell: one a line, with or without a bullet."""
    lines = [line_of(re.sub(r"^\s*[-–•*·]\s+", "", line)) for text in texts for line in text.splitlines()]
    return [line for line in lines if line]
