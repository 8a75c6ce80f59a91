"""One function for each thing a person can do to a journey, split by what it is done to."""

from .access import open_journey, restrict_journey
from .cards import add_card, delete_card, describe_card, move_cards, place_card, remove_cards
from .drift import mute_drift, read_alarms, ring_drift, unmute_drift
from .edges import add_edge, delete_edge
from .edits import redo, undo
from .feelings import assume_feeling
from .handoffs import add_handoff, delete_handoff, describe_handoff
from .hierarchy import attach_journey, detach_journey
from .journeys import create_journey, delete_journey, describe_journey, restore_journey
from .lanes import add_lane, dedicate_lane, delete_lane, hide_lane, move_lane, rename_lane, show_lane
from .library import change_journeys, delete_view, save_view, undo_change
from .maps import draft_maps, draw_draft, import_map, replace_map
from .moments import (
    accept_moment,
    add_change,
    delete_change,
    describe_change,
    dismiss_moment,
    reconsider_moment,
    restore_change,
)
from .pasting import paste_cards
from .personas import (
    create_persona,
    delete_persona,
    describe_persona,
    restore_persona,
    set_persona_journeys,
)
from .phases import add_phase, delete_phase, move_phase, rename_phase, restore_phase
from .pictures import keep_picture, upload_picture
from .shares import count_opening, end_share, make_share, opens
from .steps import (
    add_step,
    bind_fitting,
    bind_step,
    delete_step,
    mark_step,
    move_step,
    rename_step,
    restore_step,
    unbind_step,
)
from .talk import (
    answer_thread,
    begin_thread,
    delete_comment,
    mentioned,
    read_notices,
    reopen_thread,
    resolve_thread,
)
from .touchpoints import (
    add_touchpoint,
    delete_touchpoint,
    move_touchpoint,
    rename_touchpoint,
    restore_touchpoint,
)
from .versions import approve_version, restore_version, review_journey, save_version, withdraw_approval

__all__ = [
    "accept_moment",
    "add_card",
    "add_change",
    "add_edge",
    "add_handoff",
    "add_lane",
    "add_phase",
    "add_step",
    "add_touchpoint",
    "answer_thread",
    "approve_version",
    "assume_feeling",
    "attach_journey",
    "begin_thread",
    "bind_fitting",
    "bind_step",
    "change_journeys",
    "count_opening",
    "create_journey",
    "create_persona",
    "dedicate_lane",
    "delete_card",
    "delete_change",
    "delete_comment",
    "delete_edge",
    "delete_handoff",
    "delete_journey",
    "delete_lane",
    "delete_persona",
    "delete_phase",
    "delete_step",
    "delete_touchpoint",
    "delete_view",
    "describe_card",
    "describe_change",
    "describe_handoff",
    "describe_journey",
    "describe_persona",
    "detach_journey",
    "dismiss_moment",
    "draft_maps",
    "draw_draft",
    "end_share",
    "hide_lane",
    "import_map",
    "keep_picture",
    "make_share",
    "mark_step",
    "mentioned",
    "move_cards",
    "move_lane",
    "move_phase",
    "move_step",
    "move_touchpoint",
    "open_journey",
    "opens",
    "paste_cards",
    "mute_drift",
    "place_card",
    "read_alarms",
    "read_notices",
    "reconsider_moment",
    "redo",
    "remove_cards",
    "rename_lane",
    "rename_phase",
    "rename_step",
    "rename_touchpoint",
    "reopen_thread",
    "replace_map",
    "resolve_thread",
    "restore_change",
    "restore_journey",
    "restore_persona",
    "restore_phase",
    "restore_step",
    "restore_touchpoint",
    "restore_version",
    "restrict_journey",
    "review_journey",
    "ring_drift",
    "save_version",
    "save_view",
    "set_persona_journeys",
    "show_lane",
    "unbind_step",
    "undo",
    "unmute_drift",
    "undo_change",
    "upload_picture",
    "withdraw_approval",
]
