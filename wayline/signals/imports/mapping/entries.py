"""What is made of a row: signals, and facts about customers."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from wayline.signals.vocabulary import SCALES, Kind

from .columns import Column, Part, Text, as_column, as_names
from .conditions import When
from .files import At


class Typed(Part):
    column: Column = Field(description="the column, or a template of columns")
    kind: Literal["text", "number", "yes_no"] = Field(
        "text", alias="as", description="text (as it is), number or yes_no"
    )


class Identified(Part):
    """Whose it is: at least one identity."""

    external_id: Column | None = Field(None, description="your own number for the customer")
    email: Column | None = Field(None, description="their e-mail address")
    phone: Column | None = Field(None, description="their telephone number")
    anonymous_id: Column | None = Field(
        None, description="a cookie, a device, a ticket: somebody not yet known"
    )

    @property
    def identities(self) -> dict[str, str]:
        kinds = ("external_id", "email", "phone", "anonymous_id")
        return {kind: column for kind in kinds if (column := getattr(self, kind)) is not None}


class Customers(Identified):
    """Facts about customers that each row tells."""

    traits: Annotated[dict[Text, Annotated[Typed, BeforeValidator(as_column)]], BeforeValidator(as_names)] = (
        Field({}, description="columns, or name: column")
    )
    when: When | None = Field(None, description="only rows that pass this test")


class Signals(Identified):
    """One signal for each row that passes its test."""

    kind: Text = Field(description="behavior, operation, contact, message, answer, review, page or screen")
    name: Text = Field(
        min_length=1, max_length=200, description="the same words every time, or with {columns}"
    )
    at: Annotated[At, BeforeValidator(as_column)] = Field(
        description="the column that says when, or a template, or with its date rule"
    )
    subject: Column | None = Field(None, description="what it was about: an order, a ticket")
    channel: Text | None = Field(None, description="constant, or with {columns}")
    step: Text | None = Field(None, description="the journey step it names; constant, or with {columns}")
    score: Column | None = Field(None, description="the column that holds the score")
    scale: Text | None = Field(None, description="how the score was asked: " + ", ".join(SCALES))
    weight: Column | None = Field(None, description="survey weight")
    text: Column | None = Field(None, description="the customer's own words")
    value: Column | None = Field(None, description="a number: money, seconds, a count")
    properties: Annotated[dict[Text, Column], BeforeValidator(as_names)] = Field(
        {}, description="columns, or name: column"
    )
    when: When | None = Field(None, description="only rows that pass this test")
    each: Text | None = Field(None, description="one signal for each matching row of this lookup")
    id: tuple[Column, ...] = Field((), description="the columns that make this signal unique")

    @field_validator("kind")
    @classmethod
    def _known_kind(cls, value):
        if value not in set(Kind):
            raise ValueError(f"{value!r} is not a kind of signal; write one of {', '.join(Kind)}")
        return value

    @field_validator("scale")
    @classmethod
    def _known_scale(cls, value):
        if value is not None and value not in SCALES:
            raise ValueError(f"{value!r} is not a scale; write one of {', '.join(SCALES)}")
        return value

    @model_validator(mode="after")
    def _scored_with_a_scale(self):
        if self.score is not None and self.scale is None:
            raise ValueError(f"a score needs its scale; add scale: with one of {', '.join(SCALES)}")
        if self.scale is not None and self.score is None:
            raise ValueError("a scale needs a score; add score: with the column that holds it")
        return self
