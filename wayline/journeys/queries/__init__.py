"""What pages, endpoints and the command line ask about journeys, split by what is asked about."""

from .people import PEOPLE_ON_A_PAGE, Behind, Found, everybody_behind, people_behind
from .questions import asked, flow_question, flow_step, living, public, steps_of, usual_reading
from .segments import saved_segments, segment_choices
from .state import state_of

__all__ = [
    "PEOPLE_ON_A_PAGE",
    "Behind",
    "Found",
    "asked",
    "everybody_behind",
    "flow_question",
    "flow_step",
    "living",
    "people_behind",
    "public",
    "saved_segments",
    "segment_choices",
    "state_of",
    "steps_of",
    "usual_reading",
]
