"""The mappings for what shops and billing systems export make the signals they promise."""

from pathlib import Path

import pytest

from wayline.accounts.testing import make_workspace
from wayline.customers.models import Customer
from wayline.signals.imports.testing import make_import, run_import

EXAMPLES = Path(__file__).parents[4] / "examples"
FILES = {
    "commerce_orders": """order_id,customer_id,email,ordered_at,shipped_at,delivered_at,total,currency,channel
A-1,17,ines@example.com,2026-03-02T09:00:00Z,2026-03-03T09:00:00Z,2026-03-05T09:00:00Z,49.90,EUR,web
A-2,17,ines@example.com,2026-03-09T09:00:00Z,,,12.00,EUR,app
""",
    "commerce_returns": """return_id,order_id,customer_id,asked_at,received_at,refunded_at,refund,reason,said
R-1,A-1,17,2026-03-06T09:00:00Z,2026-03-08T09:00:00Z,2026-03-10T09:00:00Z,49.90,size,Too small.
""",
    "billing_invoices": """invoice_id,customer_id,issued_at,due_at,paid_at,amount,currency
I-1,17,2026-03-02T09:00:00Z,2026-03-16T09:00:00Z,2026-03-20T09:00:00Z,49.90,EUR
I-2,17,2026-03-09T09:00:00Z,2026-03-23T09:00:00Z,,12.00,EUR
""",
    "billing_subscriptions": """subscription_id,customer_id,plan,started_at,cancelled_at,monthly_amount,reason
S-1,17,pro,2026-01-01T09:00:00Z,2026-03-21T09:00:00Z,29.00,Too expensive.
""",
}
MADE = {
    "commerce_orders": [
        ("Order placed", "A-1", 49.9),
        ("Order shipped", "A-1", None),
        ("Order delivered", "A-1", None),
        ("Order placed", "A-2", 12.0),
    ],
    "commerce_returns": [
        ("Return requested", "A-1", None),
        ("Return received", "A-1", None),
        ("Refund paid", "A-1", 49.9),
    ],
    "billing_invoices": [
        ("Invoice sent", "I-1", 49.9),
        ("Invoice sent", "I-2", 12.0),
        ("Invoice paid", "I-1", 49.9),
    ],
    "billing_subscriptions": [("Subscription started", "S-1", 29.0), ("Subscription cancelled", "S-1", None)],
}

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def load(example: str, workspace):
    run = make_import(content=FILES[example], name=f"{example}.csv", workspace=workspace)
    return run_import(run, (EXAMPLES / f"{example}.yaml").read_text())


@pytest.mark.parametrize("example", FILES)
def test_each_export_becomes_its_signals(example, warehouse):
    run = load(example, make_workspace())

    signals = warehouse.table("signals")
    rows = warehouse.run(signals.order_by("at", "subject").select("name", "subject", "value")).to_pylist()
    assert (run.state, run.error) == ("finished", "")
    assert [(row["name"], row["subject"], row["value"]) for row in rows] == MADE[example]


def test_all_four_tell_of_the_same_customer(warehouse):
    workspace = make_workspace()

    for example in FILES:
        load(example, workspace)

    ines = Customer.objects.get(workspace=workspace, merged_into=None)
    assert (ines.email, ines.traits["plan"]) == ("ines@example.com", "pro")
