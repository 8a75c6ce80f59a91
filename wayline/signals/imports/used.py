"""Which columns of a file a mapping names, and where."""

from collections.abc import Iterable, Iterator

from .mapping import DateRule, Mapping, Signals, Test, columns_in, columns_in_words


def all_tests(tests: Iterable[Test]) -> Iterator[Test]:
    for test in tests:
        yield test
        yield from all_tests((*(test.all or ()), *(test.any or ())))


def date_sources(mapping: Mapping) -> Iterator[tuple[str, DateRule]]:
    """Every column or template that is read as a date, with its rule."""
    for entry in mapping.signals:
        yield entry.at.column, mapping.date_rule(entry.at.column, entry.at)
    for computed in mapping.compute.values():
        for column in computed.pair or ():
            yield column, mapping.date_rule(column)


def used_columns(mapping: Mapping) -> Iterator[tuple[str, str]]:
    """Every column that must exist, with the place in the mapping that names it."""
    for name, lookup in mapping.lookups.items():
        yield from ((f"lookups, {name}, on", column) for column in columns_in(lookup.on))
    for name, computed in mapping.compute.items():
        pair = computed.pair or ()
        test = computed.test.columns if computed.test else ()
        template = columns_in_words(computed.template) if computed.template else ()
        part = columns_in(computed.part.of) if computed.part else ()
        for column in (*pair, *test, *template, *part):
            yield f"compute, {name}", column
    for place, columns in (("id", mapping.id), ("group_by", (mapping.group_by,) if mapping.group_by else ())):
        for source in columns:
            for column in columns_in(source):
                yield place, column
    for number, entry in enumerate(mapping.signals, 1):
        yield from ((f"signals {number}, {key}", column) for key, column in _columns_of_signal(entry))
    for number, customer in enumerate(mapping.customers, 1):
        sources = [
            *customer.identities.items(),
            *((f"traits, {k}", t.column) for k, t in customer.traits.items()),
        ]
        for key, source in sources:
            for column in columns_in(source):
                yield f"customers {number}, {key}", column
        for column in customer.when.columns if customer.when else ():
            yield f"customers {number}, when", column


def _columns_of_signal(entry: Signals) -> Iterator[tuple[str, str]]:
    sources = [("at", entry.at.column), *entry.identities.items()]
    sources += [(key, getattr(entry, key)) for key in ("subject", "score", "weight", "text", "value")]
    sources += [(f"properties, {name}", source) for name, source in entry.properties.items()]
    sources += [("id", source) for source in entry.id]
    for key, source in sources:
        if source is not None:
            yield from ((key, column) for column in columns_in(source))
    for key in ("name", "channel", "step", "scale"):
        yield from ((key, column) for column in columns_in_words(getattr(entry, key) or ""))
    yield from (("when", column) for column in (entry.when.columns if entry.when else ()))
