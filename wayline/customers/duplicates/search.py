"""Which customers are probably one person: the model of Fellegi and Sunter, by Splink, in memory of its own.

The weights are set, not learned: a workspace has too few decided pairs to learn from, and a weight that is
set can be read and argued with. How rare a name is comes from the workspace's own customers.
"""

import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from wayline.customers.models import Customer

LEAST = 0.8  # probability from which a pair is shown to people
MOST_PAIRS = 1_000
MANY_ALIKE = 50  # customers who share a value; beyond that it tells nobody apart, and the pairs would explode
# Of every hundred customers about five have a second profile.
EXPECTED_TWICE = 0.05
SUPPOSED = 10_000  # people beyond those known, when the rarity of a name is judged
MEMORY = "512MB"  # 20,000 customers took 275 MB (docs/decisions/0121)
AT_ONCE = 5_000
PLACES = ("postcode", "postal_code", "zip", "city", "address.postalCode", "address.city")
FIELDS = {
    "name": "Name",
    "mail": "Name part of the e-mail",
    "phone": "End of the phone number",
    "place": "Place",
    "company": "Company",
}


@dataclass(frozen=True)
class Reason:
    """What one field says: in words, and as bits for (or against) the two being one."""

    field: str
    says: str
    weight: float


@dataclass(frozen=True)
class Pair:
    one: int
    other: int
    probability: float
    weight: float
    reasons: tuple[Reason, ...]


def pairs(workspace_id: int) -> list[Pair]:
    """The pairs of customers that are probably one person, the most probable first."""
    rows = list(_rows(workspace_id))
    if len(rows) < 2:
        return []
    table = _table(rows)
    found = [_pair(each) for each in _predict(table, len(rows))]
    return sorted(found, key=lambda pair: (-pair.weight, pair.one, pair.other))[:MOST_PAIRS]


def _rows(workspace_id: int) -> Iterator[dict]:
    people = Customer.objects.filter(workspace=workspace_id, merged_into=None)
    fields = ("pk", "name", "email", "phone", "traits")
    for pk, name, email, phone, traits in people.values_list(*fields).iterator(AT_ONCE):
        words = "".join(c if c.isalnum() else " " for c in name.casefold()).split()
        digits = "".join(character for character in phone if character.isdigit())
        place = next((str(traits[key]).casefold() for key in PLACES if traits.get(key)), None)
        if not (words or email or digits):
            continue
        yield {
            "id": pk,
            "name": " ".join(words) or None,
            "family": words[-1] if len(words) > 1 else None,
            # Some providers deliver ines.duarte+shop and inesduarte to one mailbox.
            "mail": email.partition("@")[0].partition("+")[0].replace(".", "") or None,
            "phone": digits[-8:] if len(digits) >= 8 else None,  # the beginning is written in many ways
            "place": place,
            "company": str(traits["group.id"]) if traits.get("group.id") else None,
        }


def _table(rows: list[dict]) -> pa.Table:
    """Values that very many share are left out of what pairs are looked for by, and only there."""
    for field in ("name", "family", "mail", "phone"):
        shared = Counter(row[field] for row in rows)
        for row in rows:
            value = row[field]
            row[f"{field}_key"] = value if value and 1 < shared[value] <= MANY_ALIKE else None
    names = ["id", *FIELDS, "name_key", "family_key", "mail_key", "phone_key"]
    types = {"id": pa.int64()}
    return pa.table(
        {name: pa.array([row[name] for row in rows], types.get(name, pa.string())) for name in names}
    )


def _predict(table: pa.Table, people: int) -> list[dict]:
    # Splink is large and slow to import; whoever never looks for duplicates never waits for it.
    import duckdb
    from splink import DuckDBAPI, Linker

    logging.getLogger("splink.internals").setLevel(logging.ERROR)  # Splink itself sets the level above
    with duckdb.connect(":memory:", config={"memory_limit": MEMORY, "threads": 1}) as engine:
        api = DuckDBAPI(connection=engine)
        linker = Linker(api.register(table), _settings(people))
        for field in ("name", "mail"):
            rarity = api.register(_rarity(table, field))
            linker.table_management.register_term_frequency_lookup(rarity, field)
        return linker.inference.predict(threshold_match_probability=LEAST).as_record_list()


def _rarity(table: pa.Table, field: str) -> pa.Table:
    """How often others share a value, as if among many more people.

    Counted in a small workspace, a name that two of twenty bear would look like a very common one.
    """
    counts = Counter(value for value in table[field].to_pylist() if value)
    people = table.num_rows + SUPPOSED
    return pa.table(
        {
            field: pa.array(list(counts), pa.string()),
            f"tf_{field}": pa.array([max(1, n - 1) / people for n in counts.values()], pa.float64()),
        }
    )


def _settings(people: int):
    import splink.comparison_library as compare
    from splink import SettingsCreator, block_on

    return SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="id",
        probability_two_random_records_match=min(0.01, EXPECTED_TWICE / people),
        comparisons=[
            compare.JaroWinklerAtThresholds("name", [0.95, 0.88]).configure(
                m_probabilities=[0.72, 0.13, 0.05, 0.10],
                u_probabilities=[0.0005, 0.0007, 0.003, 0.9958],
                term_frequency_adjustments=True,
            ),
            # Exact only: ines.duarte2 and ines.duarte3 differ by one sign because they are two people.
            compare.ExactMatch("mail").configure(
                m_probabilities=[0.65, 0.35],
                u_probabilities=[0.0001, 0.9999],
                term_frequency_adjustments=True,
            ),
            compare.ExactMatch("phone").configure(
                m_probabilities=[0.6, 0.4], u_probabilities=[0.00001, 0.99999]
            ),
            compare.ExactMatch("place").configure(
                m_probabilities=[0.8, 0.2], u_probabilities=[0.05, 0.95], term_frequency_adjustments=True
            ),
            compare.ExactMatch("company").configure(
                m_probabilities=[0.8, 0.2], u_probabilities=[0.02, 0.98], term_frequency_adjustments=True
            ),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("name_key"),
            block_on("mail_key"),
            block_on("phone_key"),
            block_on("family_key", "substr(name, 1, 1)"),
        ],
        retain_intermediate_calculation_columns=True,  # the reasons are made of them
    )


def _pair(row: dict) -> Pair:
    one, other = sorted((row["id_l"], row["id_r"]))
    reasons = []
    for field, label in FIELDS.items():
        level = row[f"gamma_{field}"]
        if level < 0:  # one of the two does not have it, which says nothing
            continue
        weight = row[f"mw_{field}"] + row.get(f"mw_tf_adj_{field}", 0.0)
        reasons.append(Reason(label, _says(field, level), round(weight, 1)))
    return Pair(one, other, row["match_probability"], round(row["match_weight"], 1), tuple(reasons))


def _says(field: str, level: int) -> str:
    best = 3 if field == "name" else 1
    if level == best:
        return "the same"
    return "different" if level == 0 else "almost the same"
