"""How truths and numbers are written where everything is text: traits and properties in the warehouse."""

MOST = 1e15  # beyond 2**53, which is nine times as much, a float does not hold every whole number


def scalar(value: float | bool) -> str:
    """true and false, numbers without a useless .0: what conditions compare is written as what is kept."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < MOST:
        return str(int(value))
    return str(value)
