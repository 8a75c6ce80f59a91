"""What journeys are made of, one file for each noun."""

from .journeys import Journey, JourneyQuerySet
from .steps import Phase, Step, Touchpoint

__all__ = ["Journey", "JourneyQuerySet", "Phase", "Step", "Touchpoint"]
