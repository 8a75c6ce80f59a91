"""Tests of a row: whether something is made of it."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from .columns import Column, Part, Text


def _as_test(value: Any) -> Any:
    """A column alone asks whether it is filled; a list asks that every test of it passes."""
    if isinstance(value, str):
        return {"column": value, "filled": True}
    return {"all": value} if isinstance(value, list | tuple) else value


class Test(Part):
    """One test of the row."""

    __test__ = False  # not one of pytest's

    column: Column | None = Field(None, description="the column that is looked at")
    equals: Text | None = Field(None, description="the column holds exactly this")
    not_equals: Text | None = Field(None, description="the column holds something else, or nothing")
    within: tuple[Text, ...] | None = Field(None, alias="in", description="the column holds one of these")
    not_in: tuple[Text, ...] | None = Field(None, description="the column holds none of these")
    filled: bool | None = Field(None, description="true: the column is not empty; false: it is")
    first: Literal[True] | None = Field(None, description="the first row of its group (needs group_by)")
    last: Literal[True] | None = Field(None, description="the last row of its group (needs group_by)")
    changed: Column | None = Field(
        None, description="this column differs from the row before in its group (needs group_by)"
    )
    all: tuple[Annotated["Test", BeforeValidator(_as_test)], ...] | None = Field(
        None, description="every one of these tests passes"
    )
    any: tuple[Annotated["Test", BeforeValidator(_as_test)], ...] | None = Field(
        None, description="at least one of these tests passes"
    )

    @model_validator(mode="after")
    def _says_one_thing(self):
        about_column = [self.equals, self.not_equals, self.within, self.not_in, self.filled]
        alone = [self.first, self.last, self.changed, self.all, self.any]
        said = sum(test is not None for test in about_column)
        if self.column is None and said:
            raise ValueError("say which column: is tested")
        if self.column is not None and said != 1:
            raise ValueError("say one of equals, not_equals, in, not_in, filled for the column")
        if (self.column is not None) + sum(test is not None for test in alone) != 1:
            raise ValueError("say exactly one test: a column with its test, first, last, changed, all or any")
        return self

    @property
    def needs_group(self) -> bool:
        below = (*(self.all or ()), *(self.any or ()))
        return bool(self.first or self.last or self.changed) or any(test.needs_group for test in below)

    @property
    def columns(self) -> list[str]:
        """Every column the test looks at."""
        below = (*(self.all or ()), *(self.any or ()))
        return [c for c in (self.column, self.changed) if c] + [c for test in below for c in test.columns]


When = Annotated[Test, BeforeValidator(_as_test)]
