ACTIVITIES = {
    "import.stored": "Stored a file to import",
    "import.started": "Started an import",
    "import.finished": "An import finished",
    "import.failed": "An import stopped with an error",
    "import.undone": "Undid an import",
    "segment.created": "Saved a segment",
    "segment.changed": "Changed a segment",
    "segment.deleted": "Deleted a segment",
    "source.forgotten": "Removed every signal of a source",
}
