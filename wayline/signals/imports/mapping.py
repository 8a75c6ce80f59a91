"""The mapping: YAML that a person writes to say how the rows of a file become signals and customers."""

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from wayline.kit.refusals import Refusal
from wayline.signals.vocabulary import SCALES, Kind

LONGEST_MAPPING = 200_000
COLUMN_IN_TEMPLATE = re.compile(r"\{([^{}]+)\}")
PSEUDO_COLUMNS = ("@file", "@row")


class MappingNotUnderstood(Refusal):
    """The mapping cannot be used; each problem names its key and says what to do."""

    status = 422

    def __init__(self, problems: list[str]):
        self.problems = problems
        super().__init__(" ".join(problems))


def columns_in(source: str) -> list[str]:
    """The columns that a column name or a template like "{order_id}-{item}" reads."""
    return COLUMN_IN_TEMPLATE.findall(source) or [source]


def columns_in_words(words: str) -> list[str]:
    """The columns a text reads that is constant unless it holds {columns}."""
    return COLUMN_IN_TEMPLATE.findall(words)


def _as_text(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


def _as_column(value: Any) -> Any:
    return {"column": value} if isinstance(value, str | int) else value


def _as_names(value: Any) -> Any:
    """A list of columns keeps the columns' own names."""
    if not isinstance(value, list | tuple):
        return value
    return {name: name for name in value if isinstance(name, str | int)}


Text = Annotated[str, BeforeValidator(_as_text)]
Column = Annotated[str, BeforeValidator(_as_text), Field(min_length=1, max_length=1000)]


class Part(BaseModel):
    """A part of the mapping: unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class FileRules(Part):
    """How the file is written. What is not said is found out from the file itself."""

    format: Literal["csv", "jsonl", "parquet", "xes"] | None = Field(
        None, description="csv, jsonl, parquet or xes; otherwise from the file's name"
    )
    delimiter: str | None = Field(
        None, min_length=1, max_length=1, description="the character between fields"
    )
    quote: str = Field('"', min_length=1, max_length=1, description="the character around fields")
    encoding: str | None = Field(None, description="utf-8, cp1252, utf-16, …; otherwise detected")
    has_header: bool = Field(True, description="false when the first line is already a row")
    columns: tuple[Column, ...] = Field((), description="the columns' names when there is no header line")
    repair: bool = Field(True, description="repair text that was decoded wrongly before it came here")
    short_rows: Literal["refuse", "fill"] = Field(
        "refuse", description="CSV rows with fewer fields than the header: refused, or filled up with nothing"
    )
    lifecycle: tuple[Text, ...] = Field((), description="XES: keep only events with these transitions")

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value):
        if value is not None:
            try:
                "".encode(value)
            except LookupError:
                raise ValueError(f"{value!r} is not an encoding; write utf-8, cp1252 or utf-16") from None
        return value


class DateRule(Part):
    """How dates are written in a column."""

    format: str | None = Field(
        None, description='"%d.%m.%Y %H:%M" and the like, iso, epoch_seconds or epoch_milliseconds'
    )
    day_first: bool | None = Field(None, description="true: 03/04/2018 is 3 April; false: 4 March")
    timezone: str | None = Field(None, description="Europe/Berlin and the like, for times that name no zone")

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, value):
        return check_timezone(value)


def check_timezone(value: str | None) -> str | None:
    if value is not None:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"{value!r} is not a time zone; write one like Europe/Berlin or UTC") from None
    return value


class At(DateRule):
    """When the signal happened: a column, and how its dates are written."""

    column: Column = Field(description="the column, or a template of columns")


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

    traits: Annotated[
        dict[Text, Annotated[Typed, BeforeValidator(_as_column)]], BeforeValidator(_as_names)
    ] = Field({}, description="columns, or name: column")
    when: When | None = Field(None, description="only rows that pass this test")


class Signals(Identified):
    """One signal for each row that passes its test."""

    kind: Text = Field(description="behavior, operation, contact, message, answer, review, page or screen")
    name: Text = Field(
        min_length=1, max_length=200, description="the same words every time, or with {columns}"
    )
    at: Annotated[At, BeforeValidator(_as_column)] = Field(
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
    properties: Annotated[dict[Text, Column], BeforeValidator(_as_names)] = Field(
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


class _Loader(yaml.SafeLoader):
    """Safe YAML without what surprises people: yes, no, on, off and dates stay as they are written."""

    def construct_mapping(self, node, deep=False):
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, str | int | float | bool) and key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} stands here twice; join the two", key_node.start_mark
                )
            if not isinstance(key, str | int | float | bool | type(None)):
                raise yaml.constructor.ConstructorError(
                    None, None, 'a key must be a word; put "quotes" around it', key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag not in {"tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool", "tag:yaml.org,2002:merge"}
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))


def read(text: str) -> Mapping:
    """The mapping that the YAML says. Raises MappingNotUnderstood with every problem."""
    if len(text) > LONGEST_MAPPING:
        raise MappingNotUnderstood(
            [f"The mapping is longer than {LONGEST_MAPPING:,} characters; shorten it."]
        )
    try:
        for token in yaml.scan(text):
            if isinstance(token, yaml.AliasToken):
                line = token.start_mark.line + 1
                raise MappingNotUnderstood(
                    [f"Line {line}: aliases (*name) are not allowed; repeat the words."]
                )
        raw = yaml.load(text, _Loader)  # noqa: S506 - built on the safe loader
    except yaml.YAMLError as error:
        raise MappingNotUnderstood([_yaml_problem(error)]) from None
    except (RecursionError, ValueError):
        raise MappingNotUnderstood(
            ["The mapping cannot be read as YAML; begin from the suggestion."]
        ) from None
    if not isinstance(raw, dict):
        raise MappingNotUnderstood(
            ["The mapping must be keys and values, such as signals: with a list below it."]
        )
    try:
        return Mapping.model_validate(raw)
    except ValidationError as error:
        raise MappingNotUnderstood([_problem(one, raw) for one in error.errors()]) from None


def _yaml_problem(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    place = f"Line {mark.line + 1}, column {mark.column + 1}" if mark else "The mapping"
    return f"{place}: this is not YAML ({problem}). Check the indentation, colons and quotes there."


def _problem(error: Any, raw: dict) -> str:
    """One problem as a sentence that names the key and says what to do."""
    place = _place(error["loc"])
    match error["type"]:
        case "extra_forbidden":
            return f"{place}: this key is not known. {_allowed(error['loc'])}"
        case "missing":
            return f"{place}: this key is needed; add it."
        case "value_error":
            sentence = str(error["ctx"]["error"])
            return f"{place}: {sentence}." if place else f"{sentence[0].upper()}{sentence[1:]}."
        case "bool_parsing" | "bool_type":
            return f"{place}: write true or false, not {error['input']!r}."
        case "literal_error":
            return f"{place}: write {error['ctx']['expected']}, not {error['input']!r}."
    message = error["msg"].replace("Input should be", "this should be")
    return f"{place}: {message[0].lower()}{message[1:]}."


def _place(location: tuple) -> str:
    words: list[str] = []
    for part in location:
        if isinstance(part, int) and words:
            words[-1] += f" {part + 1}"
        else:
            words.append(str(part))
    return ", ".join(words)


def _allowed(location: tuple) -> str:
    """Which keys may stand where an unknown one stands."""
    below: dict[str, type[Part]] = {
        "signals": Signals,
        "customers": Customers,
        "file": FileRules,
        "lookups": Lookup,
        "compute": Computed,
        "dates": DateRule,
    }
    model: type[Part] | None = Mapping if len(location) == 1 else below.get(str(location[0]))
    if "at" in location[:-1]:
        model = At
    elif "when" in location[:-1] or "is" in location[:-1]:
        model = Test
    elif "traits" in location[:-1]:
        model = Typed
    elif "part" in location[:-1]:
        model = PartOf
    if model is None:
        return "Remove it."
    keys = [field.alias or name for name, field in model.model_fields.items()]
    return f"Known here: {', '.join(keys)}."
