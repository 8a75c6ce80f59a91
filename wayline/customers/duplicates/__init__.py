"""Profiles that may be one person: proposed with the reasons, decided by a person, never joined silently."""
