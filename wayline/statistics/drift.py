"""Has a share moved since a moment, when one looks again every week?"""

from dataclasses import dataclass
from math import sqrt

from .comparison import FLOOR
from .estimates import Change
from .proportions import change, wilson
from .tails import normal_beyond

LOOKS = 13  # one a week for a quarter
LEVEL = 0.05  # for all looks at all shares together
# What tests/test_drift.py measures by simulation: alarms without any drift, over all thirteen looks.
MEASURED = 0.023


@dataclass(frozen=True)
class Drift:
    """A share before and since, with the test of one look among many.

    Args:
        change: Since minus before, with its own 95 % interval.
        p_value: Of this look alone; None when one side is too thin.
        level: Below which a p-value is an alarm, so that all looks together keep to `LEVEL`.
    """

    change: Change
    p_value: float | None
    level: float

    @property
    def is_alarm(self) -> bool:
        """Whether this look says that the share has moved."""
        return self.p_value is not None and self.p_value < self.level


def drift(before: tuple[int, int], since: tuple[int, int], *, looks: int = LOOKS, shares: int = 1) -> Drift:
    """Test whether a share has moved, at a level that many looks share.

    Args:
        before: How many of how many customers, before the moment.
        since: How many of how many since, up to the end of the last whole week.
        looks: How often one will have looked at most.
        shares: How many shares are watched together.

    Returns:
        A Drift.

    Raises:
        ValueError: When looks or shares is not positive.

    Assumptions:
        Customers are independent of each other. Looks see growing data, so they are alike, and Bonferroni's
        correction asks for more than it must: fewer false alarms than `LEVEL`, as measured.

    Reference:
        Pocock, S. J. (1977). Group sequential methods in the design and analysis of clinical trials.
        Biometrika 64, 191-199, for why repeated looks need a stricter level. The test is Pearson's pooled
        two-sample test of proportions.

    Example:
        >>> drift((40, 400), (90, 400)).is_alarm, drift((40, 400), (44, 400)).is_alarm
        (True, False)
    """
    if looks < 1 or shares < 1:
        raise ValueError("There must be a look at one share at least.")
    (left, n), (later_left, later_n) = before, since
    moved = change(wilson(later_left, later_n), wilson(left, n))
    level = LEVEL / (looks * shares)
    if min(n, later_n) < FLOOR:
        return Drift(moved, None, level)
    pooled = (left + later_left) / (n + later_n)
    spread = sqrt(pooled * (1 - pooled) * (1 / n + 1 / later_n))
    z = 0.0 if spread == 0 else (later_left / later_n - left / n) / spread
    return Drift(moved, normal_beyond(z), level)
