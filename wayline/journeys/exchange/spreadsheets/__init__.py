"""Spreadsheets of other tools, read into documents.

Files: the tables that a file holds, one for each map in it. Words: what labels and feelings mean, in seven
languages. Placing: the document that a table becomes, and what found no place on it.
"""

from .files import Sheet, read, read_all
from .placing import document_of, key_of, place
from .words import CARDS, KIND_OF, LANE_OF, ROLES, feelings_of, role_of

__all__ = [
    "CARDS",
    "KIND_OF",
    "LANE_OF",
    "ROLES",
    "Sheet",
    "document_of",
    "feelings_of",
    "key_of",
    "place",
    "read",
    "read_all",
    "role_of",
]
