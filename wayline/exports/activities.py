ACTIVITIES = {
    "export.asked": "Asked for an export of the whole workspace",
    "export.downloaded": "Downloaded an export of the whole workspace",
    "export.removed": "Removed an export before its days were over",
    "arrival.asked": "Asked to put an export into the workspace",
    "arrival.finished": "An export was put into the workspace",
}
