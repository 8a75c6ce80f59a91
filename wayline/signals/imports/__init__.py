"""A file turned into signals, by a mapping that a person can write.

Mapping: which columns say what happened, when, and to whom. Import: one file, once, that can be undone.
Refused row: a row that yields nothing, kept with its line and the reason.
"""
