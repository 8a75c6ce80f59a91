"""What journeys are made of, one file for each noun."""

from .cards import Card, Picture, Placement
from .edits import Edit
from .journeys import Journey, JourneyQuerySet
from .lanes import Edge, Lane
from .shares import Share
from .steps import Phase, Step, Touchpoint
from .talk import Comment, Notice, Thread

__all__ = [
    "Card",
    "Comment",
    "Edge",
    "Edit",
    "Journey",
    "JourneyQuerySet",
    "Lane",
    "Notice",
    "Phase",
    "Picture",
    "Placement",
    "Share",
    "Step",
    "Thread",
    "Touchpoint",
]
