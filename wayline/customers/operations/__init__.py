"""Recognising who is who: by rules that can be read, with the reason kept, and the way back."""

from .calls import Call, Recognised
from .facts import Learned, learn, see, set_seen, take_back
from .merges import LaterMergeStands, MergeAlreadyUndone, profiles_of, undo_merge
from .recognition import MANY_IDENTITIES, recognise

__all__ = [
    "MANY_IDENTITIES",
    "Call",
    "LaterMergeStands",
    "Learned",
    "MergeAlreadyUndone",
    "Recognised",
    "learn",
    "profiles_of",
    "recognise",
    "see",
    "set_seen",
    "take_back",
    "undo_merge",
]
