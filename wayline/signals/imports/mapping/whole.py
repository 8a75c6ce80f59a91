"""The whole mapping, and what its parts must agree on."""

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from .columns import Column, Part, Text
from .computed import Computed, Lookup
from .conditions import Test
from .entries import Customers, Signals
from .files import DateRule, FileRules, check_timezone


class Mapping(Part):
    """How the rows of a file become signals and customers."""

    name: Text = Field(
        "", max_length=100, description="names the kind of file; part of what makes ids unique"
    )
    file: FileRules = Field(FileRules(), description="how the file is written")
    missing: tuple[Text, ...] = Field(
        (), description='markers that mean "nothing", such as "?"; empty always does'
    )
    decimal: Literal[".", ","] = Field(".", description="the decimal sign of numbers")
    thousands: Literal[".", ",", " ", "'"] | None = Field(
        None, description="the sign between thousands, if any"
    )
    timezone: str | None = Field(
        None, description="for times that name no zone; otherwise the workspace's own"
    )
    day_first: bool | None = Field(None, description="for all dates: is 03/04/2018 the 3rd of April?")
    dates: dict[Text, DateRule] = Field({}, description="date rules by column")
    values: dict[Text, dict[Text, Text | None]] = Field(
        {}, description="by column: what a value means; null is nothing"
    )
    lookups: dict[Text, Lookup] = Field({}, description="more files, matched by a key")
    compute: dict[Text, Computed] = Field({}, description="columns made of other columns")
    group_by: Column | None = Field(
        None, description="rows of one case stand together: for first, last, changed"
    )
    id: tuple[Column, ...] = Field(
        (), description="the columns that make a row unique; otherwise file and row number"
    )
    defaults: dict[Text, Any] = Field({}, description="what every entry of signals and customers shares")
    signals: tuple[Signals, ...] = Field((), description="the signals of each row")
    customers: tuple[Customers, ...] = Field((), description="the customers of each row")

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, value):
        return check_timezone(value)

    @model_validator(mode="before")
    @classmethod
    def _spread_defaults(cls, raw):
        """Give every entry the shared keys it does not set itself."""
        if not isinstance(raw, dict) or not isinstance(raw.get("defaults"), dict):
            return raw
        raw, shared = dict(raw), raw["defaults"]
        for entries, model in (("signals", Signals), ("customers", Customers)):
            given = {key: value for key, value in shared.items() if key in model.model_fields}
            if isinstance(raw.get(entries), list):
                raw[entries] = [given | entry if isinstance(entry, dict) else entry for entry in raw[entries]]
        return raw

    @model_validator(mode="after")
    def _holds_together(self):
        if not self.signals and not self.customers:
            raise ValueError("nothing would come of any row; add an entry under signals: or customers:")
        for key in self.defaults:
            if key not in Signals.model_fields and key not in Customers.model_fields:
                raise ValueError(f"defaults: {key!r} is not a key of signals or customers")
        for number, entry in enumerate(self.signals, 1):
            if not entry.identities:
                raise ValueError(
                    f"signals {number}: say whose it is with external_id, email, phone or anonymous_id"
                )
            if entry.each and (entry.each not in self.lookups or self.lookups[entry.each].many != "each"):
                raise ValueError(f"signals {number}: each must name a lookup that says many: each")
        for number, customer in enumerate(self.customers, 1):
            if not customer.identities:
                raise ValueError(
                    f"customers {number}: say who it is with external_id, email, phone or anonymous_id"
                )
        if self.thousands == self.decimal:
            raise ValueError("decimal and thousands cannot be the same sign")
        if self.group_by is None and any(when.needs_group for when in self.conditions()):
            raise ValueError("first, last and changed need group_by: with the column that holds the case")
        return self

    def conditions(self) -> Iterator[Test]:
        for when in (*(entry.when for entry in self.signals), *(entry.when for entry in self.customers)):
            if when is not None:
                yield when
        for computed in self.compute.values():
            if computed.test is not None:
                yield computed.test

    def date_rule(self, column: str, own: DateRule | None = None) -> DateRule:
        """The rule for a column: its entry's own, then the column's, then the mapping's."""
        by_column = self.dates.get(column, DateRule())
        own = own or DateRule()
        return DateRule(
            format=own.format or by_column.format,
            day_first=next(
                (r for r in (own.day_first, by_column.day_first, self.day_first) if r is not None), None
            ),
            timezone=own.timezone or by_column.timezone or self.timezone,
        )
