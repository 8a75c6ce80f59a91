"""Telling other systems what was done here: signed, retried, and never into a private network."""
