"""The sums that means, proportions and NPS are finished from: what an engine hands over."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Moments:
    """Sums over n values x with weights w, and over the customers who gave them.

    Args:
        n: How many values there are.
        weight: Sum of w.
        weight_squared: Sum of w².
        total: Sum of wx.
        squares: Sum of wx².
        clusters: How many different customers gave them; n when nobody gave two.
        own_total: Sum of w²x, over values.
        own_squares: Sum of w²x², over values.
        cluster_weight: Sum over customers of (their sum of w)².
        cluster_cross: Sum over customers of (their sum of w) × (their sum of wx).
        cluster_total: Sum over customers of (their sum of wx)².

    Assumptions:
        Customers are independent of each other; one customer's values need not be.

    Reference:
        Kish, L. (1965). Survey Sampling, section 11.7 (effective n under weights). Cochran, W. G. (1977).
        Sampling Techniques, section 9A (variance of a ratio over clusters).

    Example:
        >>> Moments.of([1, 0, 1, 1]).mean
        0.75
    """

    n: int
    weight: float
    weight_squared: float
    total: float
    squares: float
    clusters: int
    own_total: float
    own_squares: float
    cluster_weight: float
    cluster_cross: float
    cluster_total: float

    @classmethod
    def of(cls, values, weights=None, customers=None) -> "Moments":
        """The moments of values held in memory.

        Args:
            values: Numbers.
            weights: One positive weight for each value; all 1 when left out.
            customers: Who gave each value; all different when left out.

        Returns:
            The Moments that an engine would have computed.

        Raises:
            ValueError: When the lengths differ or a weight is negative.

        Example:
            >>> Moments.of([5, 3], weights=[1, 3]).mean
            3.5
        """
        weights = [1.0] * len(values) if weights is None else list(weights)
        customers = range(len(values)) if customers is None else customers
        if len(weights) != len(values) or len(customers) != len(values):
            raise ValueError("Values, weights and customers must be equally many.")
        if any(weight < 0 for weight in weights):
            raise ValueError("A weight cannot be negative.")
        sums: dict = {}
        for value, weight, customer in zip(values, weights, customers, strict=True):
            held = sums.setdefault(customer, [0.0, 0.0])
            held[0] += weight
            held[1] += weight * value
        pairs = list(zip(values, weights, strict=True))
        return cls(
            n=len(values),
            weight=sum(weights),
            weight_squared=sum(w * w for w in weights),
            total=sum(w * x for x, w in pairs),
            squares=sum(w * x * x for x, w in pairs),
            clusters=len(sums),
            own_total=sum(w * w * x for x, w in pairs),
            own_squares=sum(w * w * x * x for x, w in pairs),
            cluster_weight=sum(w * w for w, _ in sums.values()),
            cluster_cross=sum(w * t for w, t in sums.values()),
            cluster_total=sum(t * t for _, t in sums.values()),
        )

    @property
    def mean(self) -> float:
        """The weighted mean of the values."""
        return self.total / self.weight

    @property
    def variance(self) -> float:
        """The weighted variance of the values around their mean, without small-sample correction."""
        return max(0.0, self.squares / self.weight - self.mean**2)

    @property
    def kish_n(self) -> float:
        """Kish's effective n: (Σw)² / Σw²."""
        return self.weight**2 / self.weight_squared

    @property
    def repeat_effect(self) -> float:
        """By how much repeat answerers inflate the variance; at least 1.

        The variance over customers is divided by the variance as if every value came from a customer of its
        own. Where all values are equal that is 0 / 0, and one customer's answers are taken for one answer.
        """
        if self.clusters == self.n:
            return 1.0
        mean = self.mean
        alone = self.own_squares - 2 * mean * self.own_total + mean**2 * self.weight_squared
        together = self.cluster_total - 2 * mean * self.cluster_cross + mean**2 * self.cluster_weight
        # What cancels on paper leaves rounding behind; the last floor is for values that are all 0.
        tiny = 1e-9 * max(self.own_squares, mean**2 * self.weight_squared, 1e-300)
        if alone <= tiny:
            return max(1.0, self.cluster_weight / self.weight_squared)
        # A handful of customers cannot show how alike their answers are.
        correction = self.clusters / (self.clusters - 1) if self.clusters > 1 else 1.0
        if self.clusters == 1:
            return self.cluster_weight / self.weight_squared
        return max(1.0, correction * together / alone)

    @property
    def effective_n(self) -> float:
        """How many independent, equally weighted answers these are worth."""
        return self.kish_n / self.repeat_effect

    @property
    def is_plain(self) -> bool:
        """Whether every answer counts once: equal weights, and nobody answered twice."""
        return abs(self.effective_n - self.n) < 1e-6 * max(1, self.n)
