"""Rules and the signals they name, in plain words, and back from what a person wrote."""

from wayline.signals.conditions import AllSignals, AnySignal, NotSignal, SignalCondition, SignalIs, Test
from wayline.signals.vocabulary import KINDS

from .rules import Changed, Falling, Followed, Repeat, Rule, Silent

ANY = "*"


class LineUnclear(ValueError):
    """A line that names no signals; the message says what to write."""


def sentence(rule: Rule) -> str:
    """What the rule concludes, and when."""
    of = named(rule.of)
    match rule:
        case Repeat():
            other = " on another channel" if rule.on_another_channel else ""
            return f"{of}, again{other} within {_span(rule.within_hours)}{_about(rule.about)}."
        case Followed():
            then = named(rule.then)
            return f"{then}, within {_span(rule.within_hours)} after {of}{_about(rule.about)}."
        case Changed():
            span = _span(rule.within_hours)
            return f"{of} whose {rule.field} differs from the time before, within {span}{_about(rule.about)}."
        case Silent():
            return f"{of}, and then no {named(rule.then).removeprefix('any ')} for {rule.days} days."
        case Falling():
            return (
                f"{of} on far fewer days of a week than the customer's own four weeks before lead one to "
                f"expect (a chance of {rule.chance:.0%} at most), once for each fall."
            )
    raise TypeError(rule)


def _span(hours: int) -> str:
    return f"{hours // 24} days" if hours % 24 == 0 and hours > 72 else f"{hours} hours"


def _about(about: str) -> str:
    return " about the same subject" if about == "subject" else " of the same customer"


def named(condition: SignalCondition) -> str:
    """The signals a condition names, as a person would say it."""
    match condition:
        case SignalIs():
            words = " or ".join(condition.names) or (
                f"any {_either(condition.kinds)}" if condition.kinds else "anything"
            )
            tests = " and ".join(map(_tested, condition.where))
            return f"{words} (where {tests})" if tests else words
        case NotSignal():
            return f"anything but {named(condition.of)}"
        case AllSignals():
            return " and ".join(named(each) for each in condition.of)
        case AnySignal():
            return " or ".join(named(each) for each in condition.of)
    raise TypeError(condition)


def _tested(test: Test) -> str:
    return f"{test.field.lstrip('@')} {test.op.replace('_', ' ')} “{test.value}”"


def _either(words: tuple[str, ...]) -> str:
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def lines(condition: SignalCondition) -> str | None:
    """The condition as lines to edit; None when it says more than lines can."""
    match condition:
        case SignalIs() if not (condition.where or condition.channels or condition.sources):
            kinds, names = condition.kinds or (ANY,), condition.names or (ANY,)
            return "\n".join(f"{kind}: {name}" for kind in kinds for name in names)
        case AnySignal():
            parts = [lines(each) for each in condition.of]
            return "\n".join(part for part in parts if part) if all(parts) else None
    return None


def read(text: str) -> SignalCondition:
    """The condition that the lines say: `contact: *`, `behavior: Order Placed`."""
    found = [_line(line) for line in filter(None, map(str.strip, text.splitlines()))]
    if not found:
        raise LineUnclear("Name at least one sort of signal, like “behavior: Order Placed”.")
    return found[0] if len(found) == 1 else AnySignal(of=tuple(found))


def _line(line: str) -> SignalIs:
    kind, colon, name = (part.strip() for part in line.partition(":"))
    if not colon or not name or (kind != ANY and kind not in KINDS):
        raise LineUnclear(
            f"“{line}” is not clear. Write a kind and a name, like “behavior: Order Placed” or “contact: *”."
        )
    return SignalIs(kinds=() if kind == ANY else (kind,), names=() if name == ANY else (name,))
