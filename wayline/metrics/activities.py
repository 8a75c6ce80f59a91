ACTIVITIES = {
    "target.set": "Set a target",
    "target.removed": "Removed a target",
    "baseline.frozen": "Froze a baseline",
    "baseline.removed": "Took a baseline away",
}
