"""Numbers as people read them: a true minus sign, thin spaces between thousands, whole words for time."""

MINUS, THIN_SPACE, NOTHING = "−", "\u202f", "–"
UNITS_OF_TIME = (("day", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def grouped(value: float, digits: int | str = 0) -> str:
    digits = int(digits)
    text = f"{abs(value):,.{digits}f}"
    is_zero = not text.strip("0.,")
    sign = MINUS if value < 0 and not is_zero else ""
    return sign + text.replace(",", THIN_SPACE)


def whole(value) -> str:
    """1204 as “1 204”."""
    return NOTHING if value is None else grouped(float(value))


def signed(value, digits: int | None = None) -> str:
    """+7, −3 or 0, with a true minus sign."""
    if value is None:
        return NOTHING
    number = float(value)
    if digits is None:
        digits = 0 if number.is_integer() else 1
    text = grouped(number, digits)
    is_zero = not text.strip("0.")
    return text if text.startswith(MINUS) or is_zero else f"+{text}"


def percent(value, digits: int | None = None) -> str:
    """A share of 0 to 1 as “68%”; one digit below one percent, and where all but not quite all is meant."""
    if value is None:
        return NOTHING
    points = float(value) * 100
    if digits is None:
        is_nearly_all = 99.5 <= points < 100
        points = min(points, 99.9) if is_nearly_all else points
        digits = 1 if 0 < abs(points) < 1 or is_nearly_all else 0
    return f"{grouped(points, digits)}%"


def points(value) -> str:
    """A difference of shares in percentage points, as “−36”."""
    return NOTHING if value is None else signed(float(value) * 100, 0)


def duration(seconds) -> str:
    """Seconds as the two largest units that matter: “3 h 20 min”."""
    if seconds is None:
        return NOTHING
    left = round(abs(float(seconds)))
    if left == 0:
        return f"{float(seconds):.1f} s" if seconds else "0 s"
    first = next(index for index, (_, size) in enumerate(UNITS_OF_TIME) if left >= size)
    smallest = UNITS_OF_TIME[min(first + 1, len(UNITS_OF_TIME) - 1)][1]
    left = round(left / smallest) * smallest
    words = []
    for name, size in UNITS_OF_TIME[max(first - 1, 0) : first + 2]:
        count, left = divmod(left, size)
        if count:
            words.append(f"{count} {name}{'s' if name == 'day' and count != 1 else ''}")
    return (MINUS if float(seconds) < 0 else "") + " ".join(words[:2])


def briefly(seconds) -> str:
    """Seconds in the one unit that suits them, for small print: “18 h”, “2.8 days”."""
    if seconds is None:
        return NOTHING
    name, size = _suiting(float(seconds))
    return f"{_of(float(seconds), size)} {name}"


def lasting(seconds, low, high) -> str:
    """A duration and its bounds, all in the duration's own unit: “18 h, 15 to 20”."""
    if seconds is None or low is None or high is None:
        return briefly(seconds)
    _, size = _suiting(float(seconds))
    return f"{briefly(seconds)}, {_of(float(low), size)} to {_of(float(high), size)}"


def _suiting(seconds: float) -> tuple[str, int]:
    """The largest unit in which the duration is at least two; seconds otherwise."""
    fitting = (unit for unit in UNITS_OF_TIME if abs(seconds) >= 2 * unit[1])
    name, size = next(fitting, UNITS_OF_TIME[-1])
    return ("days" if name == "day" else name), size


def _of(seconds: float, size: int) -> str:
    amount = seconds / size
    return f"{amount:.1f}".removesuffix(".0") if abs(amount) < 10 else f"{amount:.0f}"


def compact(value) -> str:
    """4 100 as “4.1k”, for axes and small cells."""
    if value is None:
        return NOTHING
    number = float(value)
    for size, suffix in ((1e9, "bn"), (1e6, "m"), (1e3, "k")):
        if abs(number) >= size:
            scaled = number / size
            return f"{grouped(scaled, 0 if abs(scaled) >= 10 else 1)}{suffix}"
    return grouped(number, 0 if number.is_integer() else 1)


def in_unit(value: float, unit: str) -> float:
    return value * 100 if unit == "%" else value


def split_unit(value: float, unit: str = "", digits: int | str = 0) -> tuple[str, str]:
    """The number and what is written after it. Shares are 0 to 1; seconds are written out."""
    if unit in ("s", "seconds"):
        return duration(value), ""
    text = grouped(in_unit(value, unit), digits)
    return text, unit if unit == "%" else f" {unit}" if unit else ""


def amount(value: float, unit: str = "", digits: int | str = 0) -> str:
    return "".join(split_unit(value, unit, digits))
