"""The lines of YAML that follow from the parts the columns play."""

from .hints import TRAITS, is_property
from .profiles import Profile
from .roles import Roles
from .words import few_of, in_list, plain, quoted, range_of, spoken

MANY_PROPERTIES, MANY_DATES, MANY_SCORES, MANY_TRAITS = 12, 8, 12, 8


def computed(roles: Roles) -> list[str]:
    if roles.promise is None:
        return []
    came, promised = (column.name for column in roles.promise)
    return [
        "compute:",
        f"  late: {{after: [{in_list(came)}, {in_list(promised)}]}}  # later than its name promises",
        f"  came: {{is: {{column: {in_list(came)}, filled: true}}, yes: {in_list(spoken(came))}, no: ''}}",
    ]


def defaults(roles: Roles) -> list[str]:
    """What all entries share: whose it is, what it is about, and what is good for filters."""
    lines = ["defaults:", *_whose(roles)]
    if roles.channel:
        lines.append(f"  channel: {quoted('{' + roles.channel.name + '}')}  # {few_of(roles.channel)}")
    if roles.weight:
        lines.append(f"  weight: {plain(roles.weight.name)}  # survey weights by its name")
    if roles.row_id and not roles.is_log:
        lines.append(f"  id: [{plain(roles.row_id.name)}]  # different in every row seen")
    properties = [c.name for c in roles.columns if c.name not in roles.used and is_property(c)]
    if properties or roles.promise:
        late = ["late"] if roles.promise else []
        chosen = ", ".join([*late, *map(in_list, properties[:MANY_PROPERTIES])])
        lines.append(f"  properties: [{chosen}]  # few values each: good for filters")
    return lines


def _whose(roles: Roles) -> list[str]:
    if roles.is_log and roles.external_id:
        name = plain(roles.external_id.name)
        return [
            f"  anonymous_id: {name}  # the case stands for a customer not known by name",
            f"  subject: {name}",
        ]
    lines = _identities(roles)
    if roles.subject:
        lines.append(f"  subject: {plain(roles.subject.name)}  # named like a thing a signal is about")
    return lines


def _identities(roles: Roles) -> list[str]:
    lines = []
    if roles.person and roles.external_id:
        reason = f"the same person again, where {roles.external_id.name} is new in every row"
        lines.append(f"  external_id: {plain(roles.person)}  # {reason}")
    elif roles.external_id:
        lines.append(f"  external_id: {plain(roles.external_id.name)}  # named like a person's number")
    if roles.email:
        lines.append(f"  email: {plain(roles.email.name)}  # its values are e-mail addresses")
    if roles.phone:
        lines.append(f"  phone: {plain(roles.phone.name)}  # its values are telephone numbers")
    if not lines and (someone := roles.row_id or roles.subject):
        lines.append(
            f"  anonymous_id: {plain(someone.name)}  # no column names a person; each row is somebody"
        )
    return lines or ["  external_id: WHICH COLUMN?  # no column looks like a person; write the one that does"]


def entries(roles: Roles) -> list[list[str]]:
    """The signals: what a log or a history says; else the moments, the answers, or one thing."""
    if roles.activity:
        return [_activity(roles, roles.activity)]
    if roles.state and roles.subject:
        return [_history(roles, roles.state, roles.subject)]
    if roles.scores:
        return _answers(roles)
    if len(roles.dates) > 1 and not roles.text:
        return [_moment(column) for column in roles.dates[:MANY_DATES]]
    return [_happening(roles)]


def _at(roles: Roles) -> str:
    if not roles.dates:
        return "  - at: WHICH COLUMN?  # no column holds dates; write the one that says when"
    return f"  - at: {plain(roles.dates[0].name)}  # dates such as {roles.dates[0].example}"


def _activity(roles: Roles, activity: Profile) -> list[str]:
    return [
        _at(roles),
        f"    kind: {'operation' if roles.is_log else 'behavior'}",
        f"    name: {quoted('{' + activity.name + '}')}  # {few_of(activity)}",
        *([] if roles.is_log else _text(roles)),
        *_value(roles),
    ]


def _history(roles: Roles, state: Profile, subject: Profile) -> list[str]:
    label = f"{spoken(subject.name)} {{{state.name}}}"
    when = f"  - at: {plain(roles.dates[0].name)}  # the date that differs most" if roles.dates else ""
    return [
        f"{when} from row to row" if when else _at(roles),
        "    kind: operation",
        f"    name: {quoted(label)}  # {few_of(state)}",
        f"    when: {{changed: {plain(state.name)}}}  # one signal for each change of it",
    ]


def _moment(column: Profile) -> list[str]:
    return [
        f"  - at: {plain(column.name)}  # dates such as {column.example}",
        "    kind: operation",
        f"    name: {plain(spoken(column.name))}  # from the column's name",
    ]


def _answers(roles: Roles) -> list[list[str]]:
    made = [
        [
            _at(roles),
            "    kind: answer",
            f"    name: {plain(spoken(column.name))}",
            f"    score: {plain(column.name)}  # {range_of(column)}",
            f"    scale: {scale}",
        ]
        for column, scale in roles.scores[:MANY_SCORES]
    ]
    # Said once, the words go with the first score; with each of them they would count several times.
    made[0] += _text(roles)
    return made


def _happening(roles: Roles) -> list[str]:
    return [
        _at(roles),
        f"    kind: {'message' if roles.text else 'behavior'}",
        f"    name: {'Customer wrote' if roles.text else 'Happened'}  # say what happened",
        *_text(roles),
        *_value(roles),
    ]


def _text(roles: Roles) -> list[str]:
    return [f"    text: {plain(roles.text.name)}  # what was said"] if roles.text else []


def _value(roles: Roles) -> list[str]:
    return [f"    value: {plain(roles.value.name)}  # a number by its name"] if roles.value else []


def customers(roles: Roles) -> list[str]:
    """Facts about a person, where there is a person to know them of."""
    traits = [(c.name, c.name) for c in roles.columns if TRAITS.match(c.name) and c.name not in roles.used]
    traits += [trait for other in roles.beside if not other.is_many for trait in other.traits()]
    if not traits or roles.is_log or not (roles.external_id or roles.email):
        return []
    chosen = ", ".join(f"{in_list(name)}: {in_list(column)}" for name, column in traits[:MANY_TRAITS])
    return ["customers:", f"  - traits: {{{chosen}}}  # facts about a person by their names"]
