"""Companies: their members, and what those experienced together."""
