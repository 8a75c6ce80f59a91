"""What journeys are made of, one file for each noun."""

from .cards import Card, Picture, Placement
from .drafts import MapDraft
from .drift import DriftAlarm
from .edits import Edit
from .feelings import PersonaFeeling
from .handoffs import Handoff
from .journeys import Journey, JourneyQuerySet, JourneyTag
from .lanes import Edge, Lane
from .library import BulkChange, SavedView, Standing
from .moments import MomentChange, MomentChoice
from .personas import Persona
from .seats import Seat
from .shares import Share
from .steps import Phase, Step, Touchpoint
from .talk import Comment, Notice, Thread
from .versions import Review, Version

__all__ = [
    "BulkChange",
    "Card",
    "Comment",
    "DriftAlarm",
    "Edge",
    "Edit",
    "Handoff",
    "Journey",
    "JourneyQuerySet",
    "JourneyTag",
    "Lane",
    "MapDraft",
    "MomentChange",
    "MomentChoice",
    "Notice",
    "Persona",
    "PersonaFeeling",
    "Phase",
    "Picture",
    "Placement",
    "Review",
    "SavedView",
    "Seat",
    "Share",
    "Standing",
    "Step",
    "Thread",
    "Touchpoint",
    "Version",
]
