"""Files and imports for tests."""

from io import BytesIO

from django.utils import timezone

from wayline.accounts.testing import make_workspace

from . import run as runs
from .models import Import

ORDERS = """order_id,customer,mail,placed,delivered,score,words
1,ines,ines@example.com,2026-03-01 10:00:00,2026-03-05 12:00:00,5,Fast
2,ines,ines@example.com,2026-03-02 10:00:00,,,
3,otto,otto@example.com,2026-03-03 10:00:00,2026-03-09 09:30:00,2,Parcel never came
"""

MAPPING = """
name: orders
defaults: {external_id: customer, subject: order_id, id: [order_id]}
signals:
  - {kind: behavior, name: Order placed, at: placed}
  - {kind: operation, name: Order delivered, at: delivered}
  - {kind: answer, name: Delivery rated, at: delivered, score: score, scale: stars5, text: words}
customers:
  - {email: mail}
"""


def make_import(
    *, content: str | bytes = ORDERS, name: str = "orders.csv", workspace=None, by=None, beside=()
) -> Import:
    """A draft with its file in place."""
    content = content.encode() if isinstance(content, str) else content
    return runs.store(
        workspace or make_workspace(),
        file=BytesIO(content),
        name=name,
        beside=[(other, BytesIO(bytes_)) for other, bytes_ in beside],
        by=by,
        now=timezone.now(),
    )


def run_import(run: Import, mapping: str = MAPPING) -> Import:
    """Start the draft and read it to its end."""
    runs.begin(run, mapping=mapping, by=run.created_by, now=timezone.now())
    return runs.advance(run, now=timezone.now())
