"""SQLite as a database engine for Django that outlives a disk whose syncs fail (docs/decisions/0214)."""
