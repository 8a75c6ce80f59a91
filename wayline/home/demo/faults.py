"""What goes wrong where the signals are sent: truth.py names each fault, the quality page finds them."""

from collections.abc import Callable, Iterable

import numpy as np
from msgspec.structs import replace

from wayline.signals.vocabulary import Signal

from . import truth
from .chance import DAY
from .people import People


def give_two_profiles(people: People) -> None:
    """The first subscriber shops as well, and is known there as somebody else."""
    shoppers = np.flatnonzero(people.line == "shop")
    subscribers = np.flatnonzero(people.line == "cloud")
    if not len(shoppers) or not len(subscribers):
        return
    one = subscribers[0]
    alike = (people.language[shoppers] == people.language[one]) & (
        people.region[shoppers] == people.region[one]
    )
    other = shoppers[np.argmax(alike)]
    local = people.email[one].partition("@")[0]
    people.name[other] = people.name[one]
    people.email[other] = f"{local}@{truth.TWIN_DOMAIN}"
    people.second_email[other] = f"{local}@second.{truth.TWIN_DOMAIN}"


def plant(signals: list[Signal], *, now: int) -> list[Signal]:
    """The same signals with the faults in them, in order of time."""
    rng = np.random.default_rng(len(signals))
    faulty: dict[tuple[str, str], tuple[truth.Fault, Callable[[Signal], Iterable[Signal]]]] = {
        ("behavior", truth.TYPO_OF): (truth.TYPO, lambda signal: _misspelled(signal, rng)),
        _named(truth.SILENCE): (truth.SILENCE, lambda signal: ()),
        _named(truth.JUMP): (truth.JUMP, _sent_again),
        _named(truth.DRIFT): (truth.DRIFT, _with_comma),
    }
    sent: list[Signal] = []
    for signal in signals:
        fault, change = faulty.get((signal.kind, signal.name), (None, None))
        has_begun = fault and signal.at.timestamp() >= now - fault.since_days_ago * DAY
        sent.extend(change(signal) if change and has_begun else (signal,))
    return sent


def _named(fault: truth.Fault) -> tuple[str, str]:
    return fault.kind, fault.name


def _misspelled(signal: Signal, rng: np.random.Generator) -> Iterable[Signal]:
    """One of several senders was typed by hand."""
    yield replace(signal, name=truth.TYPO.name) if rng.random() < truth.TYPO_SHARE else signal


def _sent_again(signal: Signal) -> Iterable[Signal]:
    """The page reports itself again and again, each time as something new."""
    yield signal
    for time in range(1, truth.JUMP_TIMES):
        yield replace(signal, key=f"{signal.key}:{time}")


def _with_comma(signal: Signal) -> Iterable[Signal]:
    """The carrier writes numbers as people there read them."""
    name = truth.DRIFT.property_name
    yield replace(signal, properties=signal.properties | {name: signal.properties[name].replace(".", ",")})
