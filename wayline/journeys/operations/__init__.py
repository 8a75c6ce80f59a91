"""One function for each thing a person can do to a journey, split by what it is done to."""

from .hierarchy import attach_journey, detach_journey
from .journeys import create_journey, delete_journey, describe_journey, restore_journey
from .library import change_journeys, delete_view, save_view, undo_change
from .maps import draft_map, draw_draft, import_map, replace_map
from .personas import (
    create_persona,
    delete_persona,
    describe_persona,
    restore_persona,
    set_persona_journeys,
)
from .phases import add_phase, delete_phase, move_phase, rename_phase, restore_phase
from .steps import (
    add_step,
    assume_feeling,
    bind_step,
    delete_step,
    mark_step,
    move_step,
    rename_step,
    restore_step,
    unbind_step,
)
from .touchpoints import (
    add_touchpoint,
    delete_touchpoint,
    move_touchpoint,
    rename_touchpoint,
    restore_touchpoint,
)

__all__ = [
    "add_phase",
    "add_step",
    "add_touchpoint",
    "assume_feeling",
    "attach_journey",
    "bind_step",
    "change_journeys",
    "create_journey",
    "create_persona",
    "delete_journey",
    "delete_persona",
    "delete_phase",
    "delete_step",
    "delete_touchpoint",
    "delete_view",
    "describe_journey",
    "describe_persona",
    "detach_journey",
    "draft_map",
    "draw_draft",
    "import_map",
    "mark_step",
    "move_phase",
    "move_step",
    "move_touchpoint",
    "rename_phase",
    "rename_step",
    "rename_touchpoint",
    "replace_map",
    "restore_journey",
    "restore_persona",
    "restore_phase",
    "restore_step",
    "restore_touchpoint",
    "save_view",
    "set_persona_journeys",
    "unbind_step",
    "undo_change",
]
