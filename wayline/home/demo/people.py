"""Who the customers are: what we can see of them, and what we cannot."""

from dataclasses import dataclass

import numpy as np

from . import truth
from .chance import moments, pick

GIVEN = [
    "Ada",
    "Aino",
    "Alba",
    "Alina",
    "Amir",
    "Anouk",
    "Arne",
    "Bela",
    "Bruno",
    "Carla",
    "Cleo",
    "Dario",
    "Dina",
    "Edda",
    "Elio",
    "Elsa",
    "Emre",
    "Enzo",
    "Esra",
    "Fadi",
    "Fenna",
    "Flora",
    "Gina",
    "Gloria",
    "Hana",
    "Helmi",
    "Ida",
    "Igor",
    "Ines",
    "Ivo",
    "Jana",
    "Jasper",
    "Joana",
    "Jonas",
    "Kaya",
    "Kira",
    "Lale",
    "Lara",
    "Leif",
    "Lena",
    "Levi",
    "Lia",
    "Liv",
    "Luca",
    "Lucia",
    "Malik",
    "Marta",
    "Mateo",
    "Mika",
    "Mila",
    "Nadia",
    "Nele",
    "Nico",
    "Nils",
    "Nora",
    "Olaf",
    "Oskar",
    "Otis",
    "Pablo",
    "Pia",
    "Rafael",
    "Rania",
    "Rosa",
    "Ruben",
    "Sami",
    "Sara",
    "Selma",
    "Silas",
    "Sofia",
    "Sven",
    "Tara",
    "Theo",
    "Tilda",
    "Tomas",
    "Uma",
    "Vera",
    "Viktor",
    "Wanda",
    "Yara",
    "Yusuf",
    "Zoe",
]
FAMILY = [
    "Abel",
    "Ahlgren",
    "Albers",
    "Alder",
    "Amsel",
    "Baum",
    "Beck",
    "Bellamy",
    "Birch",
    "Blom",
    "Borg",
    "Brandt",
    "Brook",
    "Calder",
    "Carda",
    "Castel",
    "Corvin",
    "Dahl",
    "Delmar",
    "Drost",
    "Eklund",
    "Elm",
    "Engel",
    "Falk",
    "Farrow",
    "Feld",
    "Fern",
    "Fink",
    "Galen",
    "Garda",
    "Glass",
    "Grove",
    "Hale",
    "Hart",
    "Hassel",
    "Heller",
    "Holm",
    "Iversen",
    "Jansen",
    "Kade",
    "Keller",
    "Kestrel",
    "Kramer",
    "Lang",
    "Larch",
    "Lind",
    "Linden",
    "Lorca",
    "Lund",
    "Marlow",
    "Marten",
    "Mesa",
    "Moor",
    "Moreno",
    "Nadal",
    "Nash",
    "Norden",
    "Oakes",
    "Olmo",
    "Palmer",
    "Pardo",
    "Pine",
    "Quist",
    "Rand",
    "Reyes",
    "Ridge",
    "Rowan",
    "Rubio",
    "Sander",
    "Serra",
    "Skov",
    "Sol",
    "Stark",
    "Stein",
    "Storm",
    "Tanner",
    "Thorne",
    "Toral",
    "Ulm",
    "Vega",
    "Vidal",
    "Voss",
    "Wald",
    "Weber",
    "Wells",
    "Wilder",
    "Wren",
    "Yates",
    "Zander",
]


@dataclass
class People:
    """One row per customer. skill, patience and goodwill are felt everywhere and seen nowhere."""

    external_id: np.ndarray
    name: np.ndarray
    email: np.ndarray
    second_email: np.ndarray
    phone: np.ndarray
    anonymous_id: np.ndarray
    line: np.ndarray
    plan: np.ndarray
    language: np.ndarray
    region: np.ndarray
    company_size: np.ndarray
    preferred: np.ndarray
    pilot: np.ndarray
    joined: np.ndarray
    skill: np.ndarray
    patience: np.ndarray
    goodwill: np.ndarray

    def __len__(self):
        return len(self.external_id)

    @property
    def subscribes(self) -> np.ndarray:
        return np.flatnonzero(self.line != "shop")

    @property
    def shops(self) -> np.ndarray:
        return np.flatnonzero(self.line != "cloud")

    def traits(self, who: np.ndarray) -> list[dict]:
        """What we know of them when they join."""
        rows = zip(
            *(
                column[who].tolist()
                for column in (
                    self.name,
                    self.line,
                    self.plan,
                    self.language,
                    self.region,
                    self.company_size,
                    self.pilot,
                )
            ),
            strict=True,
        )
        return [
            {"name": name, "line": line, "language": language, "region": region}
            | ({"plan": plan, "company_size": size} if line != "shop" else {})
            | ({truth.FIX.trait: pilot} if pilot else {})
            for name, line, plan, language, region, size, pilot in rows
        ]


def people(rng: np.random.Generator, first: int, n: int, *, now: int) -> People:
    """The customers numbered from `first` on."""
    numbers = range(first + 1, first + n + 1)
    given, family = rng.choice(GIVEN, n), rng.choice(FAMILY, n)
    address = [f"{a}.{b}.{number}".lower() for a, b, number in zip(given, family, numbers, strict=True)]
    joined = moments(rng, n, now=now, first_days_ago=truth.HISTORY_DAYS)
    days_ago = (now - joined) / 86_400
    in_pilot = (days_ago <= truth.FIX.starts_days_ago) & (days_ago > truth.FIX.ends_days_ago)
    treated = rng.random(n) < truth.FIX.share_treated
    line = pick(rng, truth.LINES, n)
    pilot = np.where(in_pilot & (line != "shop"), np.where(treated, truth.FIX.treated, truth.FIX.control), "")

    return People(
        external_id=np.array([f"nw-{number:05d}" for number in numbers], object),
        name=np.array([f"{a} {b}" for a, b in zip(given, family, strict=True)], object),
        email=np.array([f"{words}@mail.example" for words in address], object),
        second_email=np.array([f"{words}@home.example" for words in address], object),
        phone=np.array([f"+4600{number:07d}" for number in numbers], object),
        anonymous_id=np.array(
            [f"visitor-{value:016x}" for value in rng.integers(0, 2**62, n).tolist()], object
        ),
        line=line,
        plan=pick(rng, truth.PLANS, n),
        language=pick(rng, truth.LANGUAGES, n),
        region=pick(rng, truth.REGIONS, n),
        company_size=pick(rng, truth.COMPANY_SIZES, n),
        preferred=pick(rng, {"chat": 0.38, "email": 0.42, "phone": 0.20}, n),
        pilot=pilot.astype(object),
        joined=joined,
        skill=rng.normal(0, 1, n),
        patience=rng.normal(0, 1, n),
        goodwill=rng.normal(0, 1, n),
    )
