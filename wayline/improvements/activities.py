"""What can be done to an opportunity, as the feed says it."""

ACTIVITIES = {
    "opportunity.written": "Wrote an opportunity",
    "opportunity.described": "Changed an opportunity",
    "opportunity.estimated": "Estimated what an opportunity is worth and costs",
    "opportunity.impact_overridden": "Put a person's judgment in the place of a computed impact",
    "opportunity.impact_computed": "Went back to the computed impact of an opportunity",
    "opportunity.moved": "Moved an opportunity on the board",
    "opportunity.placed": "Placed an opportunity on a step",
    "opportunity.taken_off": "Took an opportunity off a step",
    "opportunity.insight_linked": "Linked an opportunity to an insight",
    "opportunity.insight_unlinked": "Unlinked an opportunity from an insight",
    "opportunity.deleted": "Deleted an opportunity",
    "opportunity.restored": "Restored an opportunity",
}
