"""Two steps of the way in: recognise and consent. `checks` validates before, `cards` masks before."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc

from wayline.customers import operations as customers
from wayline.customers.consent import in_traits, is_denied
from wayline.customers.consents import operations as consents
from wayline.customers.identities import ANONYMOUS_ID, EMAIL, EXTERNAL_ID, PHONE, PREVIOUS_ID
from wayline.customers.models import Customer

from .memory import memory
from .vocabulary import ALIAS, PROFILE_KINDS, Signal


@dataclass
class People:
    """Whose each signal of a batch is: its profile, and each profile's customer as merged today."""

    profiles: list[int | None]
    customer_of: dict[int, int]
    touched: set[int]  # customers whose facts changed
    changed_profiles: list[list[int]]  # groups that belong to another customer now
    had_declined: set[
        int
    ]  # customers who had said no before this batch; asked for only where it speaks of consent


def is_public(source: str) -> bool:
    """Whether the source's key is one that every visitor of a web page can read."""
    return source.startswith("key:")


def recognise(batch, refusals: list) -> People:
    """Find or create the customer of every signal, and remember what the signals say about them."""
    signals = batch.signals
    named = _named(signals)
    known = memory()
    known.refresh()
    # What only an import named, another source confirms: its calls must be asked about once more.
    scope = (batch.workspace, batch.source if batch.source.startswith("import:") else "")
    remembered = known.profiles[scope]
    numbers: dict[tuple, int] = {}
    who = [numbers.setdefault(each, len(numbers)) for each in named]
    profiles_by_number = [remembered.get(each) for each in numbers]
    firsts: dict[int, int] = {}
    if None in profiles_by_number:
        for i, number in enumerate(who):
            if number not in firsts and profiles_by_number[number] is None:
                firsts[number] = i
    found = customers.recognise(batch.workspace, _calls(batch, named, firsts), source=batch.source)
    newcomers = list(firsts)
    for number, profile in zip(newcomers, found.profiles, strict=True):
        profiles_by_number[number] = profile
    _keep_notes(batch, who, firsts, found, refusals)
    doubtful = {call for call, _ in found.notes}
    known.keep(
        scope,
        {
            named[firsts[number]]: profile
            for call, (number, profile) in enumerate(zip(newcomers, found.profiles, strict=True))
            if profile is not None and call not in doubtful
        },
        found.customer_of,
    )
    profiles = [profiles_by_number[number] for number in who]
    # Of what is remembered only what this batch needs: the whole of it may be half a million people.
    customer_of = {
        profile: known.customer_of[profile]
        for profile in set(profiles_by_number)
        if profile is not None and profile not in found.customer_of
    } | found.customer_of
    # Before the batch's own words are learned: what precedes them in it was said under the word before.
    had_declined = _declined(batch.workspace) if any("consent" in each.traits for each in signals) else set()
    touched = _learn(batch, profiles, customer_of, refusals)
    return People(
        profiles=profiles,
        customer_of=customer_of,
        touched=touched | {customer_of.get(each, each) for each in found.created},
        changed_profiles=found.changed,
        had_declined=had_declined,
    )


def _declined(workspace: int) -> set[int]:
    found = Customer.objects.filter(workspace=workspace, has_declined=True)
    return set(found.values_list("pk", flat=True))


def _named(signals: list[Signal]) -> list[tuple]:
    """Per signal the four values, an alias's previous id, and whether it only says who somebody is."""
    if PROFILE_KINDS.isdisjoint({signal.kind for signal in signals}):
        return [
            (signal.external_id, signal.email, signal.phone, signal.anonymous_id, None, False)
            for signal in signals
        ]
    return [
        (
            signal.external_id,
            signal.email,
            signal.phone,
            signal.anonymous_id,
            signal.properties.get("previous_id") if signal.kind == ALIAS else None,
            signal.kind in PROFILE_KINDS,
        )
        for signal in signals
    ]


def _calls(batch, named: list[tuple], firsts: dict[int, int]) -> list[customers.Call]:
    trusted, imported = not is_public(batch.source), batch.source.startswith("import:")
    kinds = (EXTERNAL_ID, EMAIL, PHONE, ANONYMOUS_ID, PREVIOUS_ID)
    return [
        customers.Call(
            identities=tuple(
                (kind, value) for kind, value in zip(kinds, named[first], strict=False) if value is not None
            ),
            at=_aware(batch.signals[first].at),
            name=batch.signals[first].name,
            # Whoever reads a public key in a page could otherwise join a stranger's profile to their own.
            may_join_known=trusted and (imported or named[first][-1]),
        )
        for first in firsts.values()
    ]


def _keep_notes(batch, who: list[int], firsts: dict[int, int], found, refusals: list) -> None:
    notes: dict[int, str] = {}
    for call, sentence in found.notes:
        notes[call] = f"{notes[call]} {sentence}" if call in notes else sentence
    nameless = {}
    for call, (number, first) in enumerate(firsts.items()):
        if found.profiles[call] is None:
            nameless[number] = notes.get(call) or (
                "It names nobody; send a user id, an anonymous id, an e-mail or a phone."
            )
        elif call in notes:
            batch.refuse(first, notes[call], refusals, was_kept=True)
    if nameless:
        for i, number in enumerate(who):
            if number in nameless:
                batch.refuse(i, nameless[number], refusals)


def _learn(batch, profiles: list[int | None], customer_of: dict[int, int], refusals: list) -> set[int]:
    facts, sayings = [], []
    public = is_public(batch.source)
    for i, signal in enumerate(batch.signals):
        profile = profiles[i]
        if not signal.traits or profile is None:
            continue
        traits = signal.traits
        choices = in_traits(traits)
        if public and any(choices.values()):
            # Anybody can read a public key, so it may take consent away but never give it.
            given = {name for name in traits if any(in_traits({name: traits[name]}).values())}
            traits = {name: value for name, value in traits.items() if name not in given}
            choices = in_traits(traits)
            # What a consent banner repeats with every call is not worth a note each time.
            if signal.kind in PROFILE_KINDS:
                sentence = (
                    "A write key cannot give consent, as anybody may know it: send this with an API key of a "
                    "contributor."
                )
                batch.refuse(i, sentence, refusals, was_kept=True)
        facts.append(customers.Learned(customer_of[profile], traits, _aware(signal.at)))
        if choices:
            sayings.append(consents.Said(customer_of[profile], _aware(signal.at), choices))
    learned = set(customers.learn(facts, source=batch.source)) if facts else set()
    if sayings:
        consents.learn(batch.workspace, sayings, source=batch.source)
    return learned


def consent(batch, people: People, refusals: list) -> set[int]:
    """Refuse, by place, the signals of customers who have said no to being observed by then."""
    words = {
        i: is_denied(signal.traits["consent"])
        for i, signal in enumerate(batch.signals)
        if "consent" in signal.traits
    }
    # A public key cannot give consent, so what it gives is not heard here either.
    said = {i: is_no for i, is_no in words.items() if is_no or not is_public(batch.source)}
    now_declined = _declined(batch.workspace)
    if not said and not now_declined:
        return set()
    speakers = {people.customer_of[each] for i in said if (each := people.profiles[i]) is not None}
    declined = (now_declined - speakers) | (people.had_declined & speakers)
    refused = set()
    for i, signal in enumerate(batch.signals):
        profile = people.profiles[i]
        if profile is None:
            continue
        customer = people.customer_of[profile]
        if i in said:
            (declined.add if said[i] else declined.discard)(customer)
        if customer in declined and signal.kind not in PROFILE_KINDS:
            batch.refuse(i, "The customer has declined to be observed.", refusals, excerpt=False)
            refused.add(i)
    return refused


def facts_of(batch, people: People) -> list[int]:
    """The journal entry of each signal that only tells who a customer is."""
    return [
        entry
        for entry, signal, profile in zip(batch.entries, batch.signals, people.profiles, strict=True)
        if signal.kind in PROFILE_KINDS and profile is not None
    ]


def see(batch, table: pa.Table) -> None:
    """Move when the customers of these new rows were first and last heard of."""
    groups = table.group_by("customer").aggregate([("at", "min"), ("at", "max")])
    customers.see(
        zip(
            groups["customer"].to_pylist(),
            _written(groups["at_min"]),
            _written(groups["at_max"]),
            strict=True,
        ),
        source=batch.source,
    )


def _written(times: pa.ChunkedArray) -> list[str]:
    # As Django writes them: SQLite compares times as texts, where ".000000" would come after nothing.
    return pc.replace_substring_regex(times.cast(pa.string()), r"\.000000$", "").to_pylist()


def _aware(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)
