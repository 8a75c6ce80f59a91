"""The mapping: YAML that a person writes to say how the rows of a file become signals and customers."""

from .columns import COLUMN_IN_TEMPLATE, PSEUDO_COLUMNS, columns_in, columns_in_words
from .computed import Computed, Lookup, PartOf
from .conditions import Test
from .entries import Customers, Identified, Signals, Typed
from .files import At, DateRule, FileRules, check_timezone
from .problems import MappingNotUnderstood
from .reading import read
from .whole import Mapping

__all__ = [
    "COLUMN_IN_TEMPLATE",
    "PSEUDO_COLUMNS",
    "At",
    "Computed",
    "Customers",
    "DateRule",
    "FileRules",
    "Identified",
    "Lookup",
    "Mapping",
    "MappingNotUnderstood",
    "PartOf",
    "Signals",
    "Test",
    "Typed",
    "check_timezone",
    "columns_in",
    "columns_in_words",
    "read",
]
