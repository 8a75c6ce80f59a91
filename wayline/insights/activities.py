"""What can be done to an insight, as the feed says it."""

ACTIVITIES = {
    "insight.written": "Wrote an insight",
    "insight.described": "Changed an insight",
    "insight.placed": "Placed an insight on a step",
    "insight.taken_off": "Took an insight off a step",
    "insight.deleted": "Deleted an insight",
    "insight.restored": "Restored an insight",
    "evidence.added": "Added evidence to an insight",
    "evidence.removed": "Removed evidence from an insight",
    "evidence.restored": "Restored evidence of an insight",
}
