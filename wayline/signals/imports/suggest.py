"""A mapping proposed from the file itself, with the reason for every guess beside it."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wayline.signals.vocabulary import SCALES

from . import readers
from .dates import DateNotUnderstood, Evidence, compile_rule
from .mapping import DateRule, FileRules

SAMPLE_ROWS = 3_000
MARKERS = ("?", "NA", "N/A", "n/a", "NULL", "null", "None", "nan", "-", "Blank", "BLANK", "#N/A")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}$")
PHONE = re.compile(r"\+?[\d\s()./-]{7,20}$")
CASE = ("case:concept:name", "case_id", "caseid", "case id", "case", "trace_id")
ACTIVITY = ("concept:name", "activity", "event_name", "event", "action", "task")
MOMENT = ("time:timestamp", "timestamp", "complete_timestamp", "completetimestamp", "time", "occurred_at")
EXPECTED = r"estimat\w*|expect\w*|due|deadline|planned|promised|scheduled|shipping_limit"
PEOPLE = (
    r"customer|client|user|caller|account|member|person|patient|guest|author|respondent|respnum|subscriber"
    r"|buyer"
)
THINGS = r"order|ticket|incident|case|invoice|conversation|claim|booking|request|shipment|contract|number"
TRAITS = re.compile(
    rf"(?:(?:{PEOPLE})_)?(?:city|country|state|region|segment|plan|gender|language)$", re.IGNORECASE
)
TESTERS = tuple(
    compile_rule(rule, timezone="UTC") for rule in (DateRule(day_first=True), DateRule(day_first=False))
)


@dataclass
class Profile:
    """What a column holds, from the first rows."""

    name: str
    place: int
    values: list[str] = field(default_factory=list)
    rows: int = 0

    def finish(self) -> None:
        filled = [value for value in self.values if value and value not in MARKERS]
        self.counts = Counter(filled)
        self.filled = len(filled)
        some = filled[:400]
        self.is_date = _share(some, _looks_like_date) > 0.9
        numbers = [number for value in some if (number := _number(value)) is not None]
        self.is_number = bool(some) and len(numbers) > 0.9 * len(some) and not self.is_date
        self.low, self.high = (min(numbers), max(numbers)) if numbers else (0.0, 0.0)
        self.is_whole = all(number == int(number) for number in numbers)
        self.is_email = _share(some, EMAIL.match) > 0.8
        self.is_phone = self.named("phone|mobile|tel") and _share(some, PHONE.match) > 0.8
        self.mean_length = sum(map(len, some)) / len(some) if some else 0.0
        self.is_text = (
            not self.is_number and self.mean_length >= 25 and _share(some, lambda v: " " in v) > 0.5
        )
        self.is_unique = self.filled == self.rows and len(self.counts) == self.filled
        self.is_repeating = 0 < len(self.counts) <= max(20, self.filled // 50)

    def named(self, words: str) -> bool:
        return bool(re.search(rf"(?:^|[_ .:-])(?:{words})", self.name, re.IGNORECASE))

    @property
    def example(self) -> str:
        return next(iter(self.counts), "")


def _share(values: list[str], test: Callable) -> float:
    return sum(bool(test(value)) for value in values) / len(values) if values else 0.0


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None


def _looks_like_date(text: str) -> bool:
    if len(text) < 8 or not any(mark in text for mark in "-/.: "):
        return False
    for read in TESTERS:
        try:
            read(text)
            return True
        except DateNotUnderstood:
            continue
    return False


def profiles(path: Path, rules: FileRules | None = None) -> tuple[readers.Source, list[Profile]]:
    """The columns of a file by what its first rows hold."""
    with readers.opened(path, rules) as source:
        columns = [Profile(name, place) for place, name in enumerate(source.columns)]
        rows = 0
        for _, row in source.rows:
            if len(row) != len(columns):
                continue
            for column in columns:
                column.values.append(row[column.place].strip())
            rows += 1
            if rows >= SAMPLE_ROWS:
                break
    for column in columns:
        column.rows = rows
        column.finish()
    return source, columns


def suggest(path: Path, *, beside: dict[str, Path] | None = None, name: str | None = None) -> str:
    """YAML for the file: a beginning to correct, not an answer."""
    source, columns = profiles(path)
    beside = beside or {}
    names = _short_names([name or path.name, *beside])[1:]
    others = [
        _Beside(word, file, profiles(at)[1], columns)
        for word, (file, at) in zip(names, beside.items(), strict=True)
    ]
    roles = _Roles(source, columns, others)
    out = [
        f"# Proposed for {name or path.name} from its first {columns[0].rows if columns else 0:,} rows.",
        "# Every guess says why. Correct what is wrong, then look at the preview.",
        f"name: {_plain(' '.join(re.findall(r'[A-Za-z]+', Path(readers.inner_name(path)).stem)) or 'file')}",
    ]
    if source.encoding and source.encoding not in {"utf-8", "utf-8-sig"}:
        out += ["file:", f"  encoding: {source.encoding}  # the one that leaves the least nonsense"]
    if roles.markers:
        out.append(
            f"missing: [{', '.join(map(_quoted, roles.markers))}]  # found where other rows hold values"
        )
    out += _dates(roles)
    out += _meanings(roles)
    if roles.state and roles.subject:
        out.append(f"group_by: {_plain(roles.subject.name)}  # it occurs on several rows: a history")
    out += _lookups(others)
    out += roles.computed()
    if roles.is_log:
        out.append("# An event log: a case, an activity and a time in each row.")
    out += roles.defaults()
    out.append("signals:")
    for entry in roles.entries():
        out += entry
    for other in others:
        out += other.entry(roles)
    out += roles.customers()
    return "\n".join(out) + "\n"


class _Roles:
    """Which column plays which part."""

    def __init__(self, source: readers.Source, columns: list[Profile], beside: Sequence["_Beside"] = ()):
        self.beside = beside
        self.columns = [column for column in columns if column.filled]
        self.reasons: dict[str, str] = {}
        self.used: set[str] = set()
        self.markers = [
            marker
            for marker in MARKERS
            if any(marker in column.values for column in columns if column.filled)
        ]
        case, activity, moment = (self._exact(names) for names in (CASE, ACTIVITY, MOMENT))
        self.is_log = source.format == "xes" or bool(case and activity and moment and moment.is_date)
        dates = [column for column in self.columns if column.is_date]
        if self.is_log and moment:
            dates = [moment]
        self.expected = [column for column in dates if column.named(EXPECTED)]
        self.dates = [column for column in dates if column not in self.expected]
        self.used |= {column.name for column in self.columns if column.is_date}
        self.email = self._take(lambda c: c.is_email)
        self.phone = self._take(lambda c: c.is_phone)
        self.activity = activity if self.is_log else self._take(
            lambda c: c.named("event|activity|action") and c.is_repeating and not c.is_number
        )  # fmt: skip
        self.external_id = case if self.is_log else self._identity()
        if self.external_id:
            self.used.add(self.external_id.name)
        self.subject = case if self.is_log else self._take(
            lambda c: re.fullmatch(rf"(?:{THINGS})(?:[_ ]?(?:id|no|nr|number|key))?", c.name, re.IGNORECASE)
        )  # fmt: skip
        if self.activity:
            self.used.add(self.activity.name)
        self.channel = self._take(lambda c: c.named("channel|contact_type|medium|origin") and c.is_repeating)
        self.scores = [(c, scale) for c in self.columns if c.name not in self.used and (scale := _scale(c))]
        self.used |= {column.name for column, _ in self.scores}
        texts = [c for c in self.columns if c.name not in self.used and _is_words(c)]
        self.text = max(texts, key=lambda c: c.mean_length, default=None)
        self.used |= {self.text.name} if self.text else set()
        states = [c for c in self.columns if c.name not in self.used and c.named("state|status|ident_state")]
        states = [c for c in states if c.is_repeating and len(c.counts) > 1 and not c.is_number]
        is_history = self.subject and len(self.subject.counts) < 0.7 * self.subject.filled
        self.state = states[0] if states and is_history and not self.is_log else None
        if self.state:
            self.used.add(self.state.name)
            self.dates.sort(key=lambda c: -len(c.counts))
        self.weight = self._take(lambda c: c.name.lower() == "weight" and c.is_number)
        self.value = self._take(
            lambda c: (
                c.is_number and c.named("amount|price|value|total|revenue|costs?|amount_req|payment_value")
            )
        )
        self.row_id = next(
            (
                c
                for c in columns
                if c.is_unique and not c.is_date and c.name.lower().endswith(("id", "number", "num"))
            ),
            None,
        )

        joined = [other for other in beside if other.key and not other.is_many]
        known = self.external_id if self.external_id and self.external_id.is_unique else None
        self.person = next((found for other in joined if known and (found := other.person(known))), "")

    @property
    def promise(self) -> tuple[Profile, Profile] | None:
        """The date a thing was promised for, and the last date of the row, which says when it came."""
        can_tell = self.expected and self.dates and not (self.is_log or self.state)
        return (self.dates[-1], self.expected[-1]) if can_tell else None

    def computed(self) -> list[str]:
        if self.promise is None:
            return []
        came, promised = (column.name for column in self.promise)
        return [
            "compute:",
            f"  late: {{after: [{_in_list(came)}, {_in_list(promised)}]}}  # later than its name promises",
        ]

    def _exact(self, names: Iterable[str]) -> Profile | None:
        by_name = {column.name.lower(): column for column in self.columns}
        return next((by_name[name] for name in names if name in by_name), None)

    def _take(self, test: Callable[[Profile], object]) -> Profile | None:
        for column in self.columns:
            if column.name not in self.used and test(column):
                self.used.add(column.name)
                return column
        return None

    def _identity(self) -> Profile | None:
        whole = rf"(?:{PEOPLE})(?:[_ ]?(?:unique))?(?:[_ ]?(?:id|no|nr|number|key))?"
        return self._take(
            lambda c: re.fullmatch(whole, c.name, re.IGNORECASE) and not c.is_text
        ) or self._take(lambda c: c.named(PEOPLE) and c.name.lower().endswith("id"))

    def defaults(self) -> list[str]:
        lines = ["defaults:"]
        if self.is_log and self.external_id:
            name = _plain(self.external_id.name)
            lines.append(f"  anonymous_id: {name}  # the case stands for a customer not known by name")
            lines.append(f"  subject: {name}")
        else:
            lines += self._identities()
            if self.subject:
                lines.append(
                    f"  subject: {_plain(self.subject.name)}  # named like a thing a signal is about"
                )
        if self.channel:
            lines.append(f"  channel: {_quoted('{' + self.channel.name + '}')}  # {_few(self.channel)}")
        if self.weight:
            lines.append(f"  weight: {_plain(self.weight.name)}  # survey weights by its name")
        if self.row_id and not self.is_log:
            lines.append(f"  id: [{_plain(self.row_id.name)}]  # different in every row seen")
        properties = [c.name for c in self.columns if c.name not in self.used and _is_property(c)][:12]
        if properties or self.promise:
            late = ["late"] if self.promise else []
            chosen = ", ".join([*late, *map(_in_list, properties)])
            lines.append(f"  properties: [{chosen}]  # few values each: good for filters")
        return lines

    def _identities(self) -> list[str]:
        lines = []
        if self.person and self.external_id:
            reason = f"the same person again, where {self.external_id.name} is new in every row"
            lines.append(f"  external_id: {_plain(self.person)}  # {reason}")
        elif self.external_id:
            lines.append(f"  external_id: {_plain(self.external_id.name)}  # named like a person's number")
        if self.email:
            lines.append(f"  email: {_plain(self.email.name)}  # its values are e-mail addresses")
        if self.phone:
            lines.append(f"  phone: {_plain(self.phone.name)}  # its values are telephone numbers")
        if not lines and (someone := self.row_id or self.subject):
            lines.append(
                f"  anonymous_id: {_plain(someone.name)}  # no column names a person; each row is somebody"
            )
        return lines or [
            "  external_id: WHICH COLUMN?  # no column looks like a person; write the one that does"
        ]

    def entries(self) -> list[list[str]]:
        when = self.dates[0] if self.dates else None
        if when is None:
            at = "  - at: WHICH COLUMN?  # no column holds dates; write the one that says when"
        else:
            at = f"  - at: {_plain(when.name)}  # dates such as {when.example}"
        if self.activity:
            label = "{" + self.activity.name + "}"
            kind = "operation" if self.is_log else "behavior"
            extra = [f"    value: {_plain(self.value.name)}  # a number by its name"] if self.value else []
            return [[at, f"    kind: {kind}", f"    name: {_quoted(label)}  # {_few(self.activity)}", *extra]]
        if self.state and self.subject:
            label = f"{_words(self.subject.name)} {{{self.state.name}}}"
            return [
                [
                    f"  - at: {_plain(when.name)}  # the date that differs most from row to row"
                    if when
                    else at,
                    "    kind: operation",
                    f"    name: {_quoted(label)}  # {_few(self.state)}",
                    f"    when: {{changed: {_plain(self.state.name)}}}  # one signal for each change of it",
                ]
            ]
        made = []
        for column in self.dates[:8] if len(self.dates) > 1 and not self.scores and not self.text else []:
            made.append(
                [
                    f"  - at: {_plain(column.name)}  # dates such as {column.example}",
                    "    kind: operation",
                    f"    name: {_plain(_words(column.name))}  # from the column's name",
                ]
            )
        for column, scale in self.scores[:12]:
            entry = [
                at,
                "    kind: answer",
                f"    name: {_plain(_words(column.name))}",
                f"    score: {_plain(column.name)}  # {_range(column)}",
                f"    scale: {scale}",
            ]
            if self.text and not any("    text:" in line for one in made for line in one):
                entry.append(f"    text: {_plain(self.text.name)}  # long texts")
            made.append(entry)
        if made:
            return made
        kind = "message" if self.text else "behavior"
        entry = [
            at,
            f"    kind: {kind}",
            f"    name: {'Customer wrote' if self.text else 'Happened'}  # say what happened",
        ]
        if self.text:
            entry.append(f"    text: {_plain(self.text.name)}  # long texts")
        if self.value:
            entry.append(f"    value: {_plain(self.value.name)}  # a number by its name")
        return [entry]

    def customers(self) -> list[str]:
        traits = [(c.name, c.name) for c in self.columns if TRAITS.match(c.name) and c.name not in self.used]
        traits += [trait for other in self.beside if not other.is_many for trait in other.traits()]
        if not traits or self.is_log or not (self.external_id or self.email):
            return []
        chosen = ", ".join(f"{_in_list(name)}: {_in_list(column)}" for name, column in traits[:8])
        return ["customers:", f"  - traits: {{{chosen}}}  # facts about a person by their names"]


def _is_property(column: Profile) -> bool:
    return column.is_repeating and len(column.counts) > 1 and column.mean_length <= 60


def _scale(column: Profile) -> str | None:
    if not column.is_number or not column.is_whole or len(column.counts) < 2:
        return None
    low, high = column.low, column.high
    if column.named("nps|recommend|netpro|promoter|likelihood") and low >= 0 and high <= 11:
        return "nps"
    if column.named("effort|ces") and low >= 1:
        return "ces7" if 5 < high <= 7 else "ces5" if high <= 5 else None
    if column.named("stars?|review_score|rating") and low >= 1 and high <= 5:
        return "stars5"
    if column.named("csat|satisf|score|overall|rating|q\\d+all") and low >= 0:
        return "csat5" if high <= 6 else "csat7" if high <= 7 else None
    return None


def _dates(roles: _Roles) -> list[str]:
    lines = []
    for column in roles.dates:
        evidence = Evidence(column.name, DateRule())
        for value in column.counts:
            evidence.see(value)
        if evidence.numeric and bool(evidence.day_first) == bool(evidence.month_first):
            lines += [
                f"  # {_plain(column.name)}: is {evidence.open[0] if evidence.open else column.example} "
                "with the day or the month first? Write true or false.",
                f"  {_plain(column.name)}: {{day_first: WRITE true OR false}}",
            ]
        elif evidence.numeric:
            settled = (evidence.day_first or evidence.month_first)[0]
            answer = "true" if evidence.day_first else "false"
            lines.append(
                f"  {_plain(column.name)}: {{day_first: {answer}}}  # {settled} can be read in one way only"
            )
    return ["dates:", *lines] if lines else []


def _meanings(roles: _Roles) -> list[str]:
    """Codes outside a score's scale, which most often stand for no answer."""
    lines = []
    for column, slug in roles.scores:
        scale = SCALES[slug]
        outside = [v for v in column.counts if not scale.low <= (_number(v) or 0) <= scale.high]
        if outside:
            meanings = ", ".join(f"{_quoted(value)}: null" for value in sorted(outside))
            lines.append(
                f"  {_plain(column.name)}: {{{meanings}}}  # outside {scale.name}: taken as no answer"
            )
    return ["values:", *lines] if lines else []


def _is_words(column: Profile) -> bool:
    named = column.named("comment|message|verbatim|feedback|text|review_comment") and not column.is_number
    return column.is_text or bool(named)


class _Beside:
    """A file beside the main one: the column they share, and what its rows tell."""

    def __init__(self, word: str, file: str, columns: list[Profile], main: list[Profile]):
        self.word, self.file = word, file
        self.columns = [column for column in columns if column.filled]
        here = {column.name for column in main}
        shared = [column for column in self.columns if column.name in here]
        self.key = max(shared, key=lambda column: len(column.counts), default=None)
        self.is_many = self.key is not None and not self.key.is_unique

    def lookup(self) -> list[str]:
        if self.key is None:
            return [f"  # {self.file} shares no column with the main file."]
        key = _plain(self.key.name)
        lines = [
            f"  {self.word}:",
            f"    file: {_plain(self.file)}",
            f"    key: {key}  # both files have it",
            f"    on: {key}",
        ]
        if self.is_many:
            lines.append("    many: each  # some keys occur more than once; first or last takes one of them")
        return lines

    def person(self, known: Profile) -> str:
        """The column that names a person better than one that is new in every row of the main file."""
        if self.key is None or self.key.name != known.name:
            return ""
        named = [c for c in self.columns if c is not self.key and c.named(PEOPLE)]
        named = [c for c in named if c.name.lower().endswith(("id", "number", "key")) and not c.is_text]
        return f"{self.word}.{named[0].name}" if named else ""

    def traits(self) -> list[tuple[str, str]]:
        """Facts about a person: a trait and its column."""
        return [(c.name, f"{self.word}.{c.name}") for c in self.columns if TRAITS.match(c.name)]

    def entry(self, roles: _Roles) -> list[str]:
        """A signal of each row that says when it was: an answer, a message or a mere happening."""
        dates = [c for c in self.columns if c.is_date]
        if self.key is None or not dates or roles.is_log:
            return []
        when = next((c for c in dates if re.search("answer|submit|sent", c.name, re.IGNORECASE)), dates[0])
        score = next(((c, scale) for c in self.columns if (scale := _scale(c))), None)
        text = max(filter(_is_words, self.columns), key=lambda c: c.mean_length, default=None)
        kind = "answer" if score else "message" if text else "behavior"
        lines = [
            f"  - at: {self.word}.{when.name}  # dates such as {when.example}",
            *([f"    each: {self.word}"] if self.is_many else []),
            f"    kind: {kind}",
            f"    name: {_plain(_words((score[0] if score else when).name))}  # from the column's name",
        ]
        if score:
            lines.append(f"    score: {self.word}.{score[0].name}  # {_range(score[0])}")
            lines.append(f"    scale: {score[1]}")
        if text:
            lines.append(f"    text: {self.word}.{text.name}  # long texts")
        own = self._apart()
        if self.is_many and roles.row_id and own:
            lines.append(
                f"    id: [{_in_list(roles.row_id.name)}, {self.word}.{own.name}]  # which row it was"
            )
        return lines

    def _apart(self) -> Profile | None:
        """The column that tells rows with the same key apart."""
        key = self.key
        if key is None:
            return None
        for column in self.columns:
            pairs = zip(key.values, column.values, strict=True)
            if column is not key and not column.is_date and len(set(pairs)) == column.rows:
                return column
        return None


def _short_names(files: list[str]) -> list[str]:
    """The files' names as words of a mapping, without the words that all of them share."""
    words = [re.findall(r"[a-z]+", Path(file).stem.lower()) or ["file"] for file in files]
    shared = set.intersection(*map(set, words)) if len(words) > 1 else set()
    short = ["_".join(word for word in each if word not in shared) or "_".join(each) for each in words]
    return [f"{word}_{n}" if short.count(word) > 1 else word for n, word in enumerate(short)]


def _lookups(others: Sequence["_Beside"]) -> list[str]:
    lines = [line for other in others for line in other.lookup()]
    return ["lookups:", *lines] if lines else []


def _few(column: Profile) -> str:
    shown = ", ".join(value for value, _ in column.counts.most_common(3))
    return (
        f"{len(column.counts)} different values: {shown[:80]}"
        if len(column.counts) > 1
        else f"always {shown[:80]}"
    )


def _range(column: Profile) -> str:
    return f"whole numbers from {column.low:g} to {column.high:g}, and its name"


def _words(name: str) -> str:
    cleaned = re.sub(r"(?i)[_ ]?(timestamp|datetime|date|time|_at|_on)$", "", name)
    spaced = re.sub(r"[_:.]+", " ", cleaned or name).strip()
    return spaced[:1].upper() + spaced[1:] if spaced else name


def _plain(text: str) -> str:
    """The text as YAML, in quotes only where it needs them."""
    is_plain = re.fullmatch(r"[A-Za-z_](?:[\w .:/()-]*[\w)])?", text) and ": " not in text
    return text if is_plain and text.lower() not in {"true", "false", "null", "yes", "no"} else _quoted(text)


def _in_list(text: str) -> str:
    return text if re.fullmatch(r"[A-Za-z_][\w.]*", text) and _plain(text) == text else _quoted(text)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
