"""What a cell cannot be is told without reading it closely, and never wrongly."""

from hypothesis import given
from hypothesis import strategies as st

from wayline.customers.identities import EMAIL, PHONE, normalise
from wayline.signals.rights.person import _possible_kinds

CELLS = st.text("0123456789 +-()./@axß\t\n＠１٣", max_size=24) | st.text(max_size=20)


@given(CELLS)
def test_whatever_a_cell_can_be_is_looked_at(cell):
    can_be = {kind for kind in (EMAIL, PHONE) if normalise(kind, cell)[0] is not None}

    assert can_be <= set(_possible_kinds(cell))


def test_most_cells_are_neither():
    assert _possible_kinds("Ordered 2026-11") == []
    assert _possible_kinds("ines@example.com") == [EMAIL]
    assert _possible_kinds("+44 20 7946 0018") == [PHONE]
