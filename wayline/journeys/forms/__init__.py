"""What pages about journeys understand. Rules that programs must obey too stand in operations."""

from .journeys import (
    Binding,
    Chosen,
    Controls,
    Marks,
    Move,
    Named,
    NewJourney,
    SegmentLine,
    Settings,
    bound_values,
)
from .map import CARD_FIELDS, CardForm, ShareForm
from .moments import ChangeForm
from .personas import PersonaForm

__all__ = [
    "CARD_FIELDS",
    "Binding",
    "CardForm",
    "ChangeForm",
    "Chosen",
    "Controls",
    "Marks",
    "Move",
    "Named",
    "NewJourney",
    "PersonaForm",
    "SegmentLine",
    "Settings",
    "ShareForm",
    "bound_values",
]
