"""Recognising who is who: by rules that can be read, with the reason kept, and the way back."""

from .calls import Call, Recognised
from .facts import Learned, learn, see, set_seen
from .merges import (
    CannotMerge,
    LaterMergeStands,
    MergeAlreadyUndone,
    join,
    undo_merge,
)
from .recognition import recognise
from .taking_back import TakenBack, take_back

__all__ = [
    "Call",
    "CannotMerge",
    "LaterMergeStands",
    "Learned",
    "MergeAlreadyUndone",
    "Recognised",
    "TakenBack",
    "join",
    "learn",
    "recognise",
    "see",
    "set_seen",
    "take_back",
    "undo_merge",
]
