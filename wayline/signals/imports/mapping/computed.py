"""Columns that the file does not have: computed from others, or looked up in a second file."""

from typing import Literal

from pydantic import Field, field_validator, model_validator

from .columns import Column, Part, Text
from .conditions import When
from .files import FileRules


class PartOf(Part):
    of: Column = Field(description="the column that is cut")
    split: str = Field(min_length=1, description="what stands between the parts")
    number: int = Field(description="1 is the first part, -1 the last")

    @field_validator("number")
    @classmethod
    def _not_zero(cls, value):
        if value == 0:
            raise ValueError("parts are counted from 1, or from -1 at the end")
        return value


class Computed(Part):
    """A column made of other columns. Later ones may use earlier ones."""

    after: tuple[Column, Column] | None = Field(
        None, description="yes when the first date is later than the second"
    )
    before: tuple[Column, Column] | None = Field(None, description="yes when the first date is earlier")
    test: When | None = Field(None, alias="is", description="yes when this test passes, otherwise no")
    seconds_between: tuple[Column, Column] | None = Field(
        None, description="seconds from the first date to the second"
    )
    first_of: tuple[Column, ...] | None = Field(
        None, description="the first of these that is filled; columns the file lacks are passed over"
    )
    template: str | None = Field(None, description='"{year}-{month}"; empty when one of them is empty')
    part: PartOf | None = Field(None, description='one part of a text: {of: column, split: "-", number: 1}')
    otherwise: Text | None = Field(None, description="first_of: the word when none is filled")
    yes: Text = Field("yes", description="the word for yes")
    no: Text = Field("no", description="the word for no")

    @model_validator(mode="after")
    def _does_one_thing(self):
        ways = (
            self.after, self.before, self.test, self.seconds_between, self.first_of, self.template, self.part,
        )  # fmt: skip
        if sum(way is not None for way in ways) != 1:
            raise ValueError(
                "say exactly one of after, before, is, seconds_between, first_of, template, part"
            )
        return self

    @property
    def pair(self) -> tuple[str, str] | None:
        """The two dates it compares, if it does."""
        return self.after or self.before or self.seconds_between


class Lookup(Part):
    """A second file whose columns join each row; they are named lookup.column."""

    file: Text = Field(description="the file's name; it is given together with the main file")
    key: Column = Field(description="the column of the second file that is matched")
    on: Column = Field(description="the column of the main file it is matched with")
    many: Literal["first", "last", "each"] | None = Field(
        None,
        description="when a key occurs more than once: take the first, the last, or make a signal for each",
    )
    rules: FileRules = Field(FileRules(), description="as under file:, for this file")
