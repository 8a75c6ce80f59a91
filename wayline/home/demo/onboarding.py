"""From the first look at the website to being up and running, or to giving up on the way."""

from dataclasses import dataclass

import numpy as np

from wayline.signals.vocabulary import Kind

from . import truth
from .chance import DAY, HOUR, MINUTE, happens, lasting, pick, rated
from .memory import Memory
from .people import People
from .stream import Stream
from .words import Voice

WEB_PAGES = {
    "Home": 0.30,
    "Pricing": 0.22,
    "Product tour": 0.18,
    "Documentation": 0.18,
    "Customer stories": 0.12,
}
HELP_PAGES = {"Connect your data": 0.55, "Build a report": 0.27, "Invite your team": 0.18}
FAILURES = {
    "credentials rejected": 0.38,
    "connector time-out": 0.27,
    "column types differ": 0.21,
    "rate limit": 0.14,
}


@dataclass
class Onboarded:
    """How far each subscriber came. Moments of what never happened lie after every now."""

    who: np.ndarray
    signed_up: np.ndarray
    reached: np.ndarray  # how many of the three sub-steps were finished
    stuck_at: np.ndarray  # moments at which trouble with the connection was felt
    struggles: np.ndarray
    activated_at: np.ndarray

    @property
    def activated(self) -> np.ndarray:
        return self.reached == 3


@dataclass
class Setup:
    """The set-up while it goes on: who is still at it, and since when they are in the part at hand."""

    who: np.ndarray
    ids: np.ndarray
    signed_up: np.ndarray
    treated: np.ndarray
    pulls: tuple[np.ndarray, np.ndarray, np.ndarray]
    entered: np.ndarray
    going: np.ndarray
    reached: np.ndarray
    struggles: np.ndarray
    stuck_at: np.ndarray


MEDIANS = np.array([20 * HOUR, 5 * HOUR, 18 * HOUR])
LONGEST = np.array([12, 6, 6]) * DAY


def onboard(
    rng: np.random.Generator, people: People, memory: Memory, stream: Stream, voice: Voice
) -> Onboarded:
    """Let everybody who subscribes sign up and set up."""
    look_around(rng, people, people.subscribes, stream)
    setup = sign_up(rng, people, stream)
    for place in range(len(truth.SUB_STEPS)):
        set_up(rng, people, memory, stream, voice, setup, place)
    activated_at = come_to_an_end(memory, stream, setup)
    return Onboarded(setup.who, setup.signed_up, setup.reached, setup.stuck_at, setup.struggles, activated_at)


def sign_up(rng, people: People, stream: Stream) -> Setup:
    """Everybody at the beginning of the set-up, each with what pulls them through its parts."""
    who = people.subscribes
    ids, at = people.external_id[who], people.joined[who]
    stream.add(
        Kind.BEHAVIOR,
        truth.SIGNED_UP,
        at,
        external_id=ids,
        email=people.email[who],
        anonymous_id=people.anonymous_id[who],
        channel="web",
        traits=people.traits(who),
        properties={"plan": people.plan[who]},
    )
    created = at + lasting(rng, len(who), median=4 * MINUTE, spread=0.8, longest=HOUR)
    stream.add(Kind.BEHAVIOR, truth.WORKSPACE_CREATED, created, external_id=ids, channel="web")
    skill, patience = people.skill[who], people.patience[who]
    small = people.company_size[who] == "1"
    return Setup(
        who=who,
        ids=ids,
        signed_up=at,
        treated=people.pilot[who] == truth.FIX.treated,
        pulls=(1.0 * skill + 0.5 * patience, 0.6 * skill + 0.6 * patience, 0.7 * patience - 1.2 * small),
        entered=created + lasting(rng, len(who), median=6 * MINUTE, spread=0.9, longest=6 * HOUR),
        going=np.ones(len(who), bool),
        reached=np.zeros(len(who), int),
        struggles=np.zeros(len(who), int),
        stuck_at=np.full(len(who), stream.now + DAY),
    )


def set_up(
    rng, people: People, memory: Memory, stream: Stream, voice: Voice, setup: Setup, place: int
) -> None:
    """One part of the set-up: who gets through it, how long it takes, and what they say of it."""
    step, who, ids, going, entered = (
        truth.SUB_STEPS[place], setup.who, setup.ids, setup.going, setup.entered,
    )  # fmt: skip
    stream.add(Kind.BEHAVIOR, step.entered_by, entered[going], external_id=ids[going], channel="web")
    passed = get_through(rng, setup, step, place)
    pace = np.exp(-0.25 * people.skill[who]) * np.where(setup.treated & (place == 0), 0.3, 1.0)
    took = lasting(rng, len(who), median=MEDIANS[place] * pace, spread=1.1, longest=LONGEST[place])
    if place == 0:
        trouble = np.exp(-0.55 * people.skill[who] + 0.9 * ~passed - 1.2 * setup.treated - 0.4)
        setup.struggles = rng.poisson(np.clip(trouble, 0, 6))
        setup.stuck_at = entered + (took * 0.4).astype(np.int64)
        retry(rng, stream, ids, entered, took, setup.struggles)
    left = entered + took
    ask_effort(rng, people, who, step, place, going, passed, entered, took, setup.struggles, stream, voice)
    remember(memory, who, place, going, passed, entered, left, setup.struggles)
    help_pages(rng, stream, ids, going & (rng.random(len(who)) < 0.35), entered, took)
    stream.add(Kind.BEHAVIOR, step.left_by, left[passed], external_id=ids[passed], channel="web")
    setup.reached += passed
    # The wizard leads straight on, so whoever finishes a part has entered the next one.
    setup.entered = left + lasting(rng, len(who), median=2 * MINUTE, spread=0.5, longest=20 * MINUTE)
    setup.going = passed


def get_through(rng, setup: Setup, step: truth.SubStep, place: int) -> np.ndarray:
    """Drawn apart for the pilot and everybody else, so that each group's share comes out as planted."""
    target = np.where(setup.treated, step.passes_with_fix, step.passes)
    passed = setup.going.copy()
    for group in (setup.going & setup.treated, setup.going & ~setup.treated):
        passed[group] = happens(rng, setup.pulls[place][group], target[group], since=setup.signed_up[group])
    return passed


def come_to_an_end(memory: Memory, stream: Stream, setup: Setup) -> np.ndarray:
    """Whoever got through everything is activated; for the others the trial ends."""
    done = setup.reached == 3
    activated_at = np.where(done, setup.entered, stream.now + 10 * DAY)
    stream.add(Kind.BEHAVIOR, truth.ACTIVATED, activated_at[done], external_id=setup.ids[done], channel="web")
    memory.keep("activated", setup.who[done], activated_at[done])
    ends = (setup.signed_up + 30 * DAY)[~done]
    stream.add(Kind.OPERATION, "Trial Ended", ends, external_id=setup.ids[~done], channel="system")
    return activated_at


def look_around(rng, people: People, who: np.ndarray, stream: Stream) -> None:
    """Visits before the sign-up, by somebody whose name nobody knows yet."""
    visits = rng.integers(1, 9, len(who))
    visitor = np.repeat(who, visits)
    before = rng.exponential(3.0, len(visitor)) * DAY
    at = people.joined[visitor] - np.clip(before, 60, 20 * DAY).astype(np.int64)
    page = pick(rng, WEB_PAGES, len(visitor))
    for name in WEB_PAGES:
        on = page == name
        path = "/" + name.lower().replace(" ", "-")
        stream.add(
            Kind.PAGE,
            name,
            at[on],
            anonymous_id=people.anonymous_id[visitor[on]],
            channel="web",
            properties={"path": path},
        )


def retry(
    rng, stream: Stream, ids: np.ndarray, entered: np.ndarray, took: np.ndarray, struggles: np.ndarray
) -> None:
    """Each failed attempt to connect, and the start of the next one."""
    row = np.repeat(np.arange(len(ids)), struggles)
    failed = entered[row] + (took[row] * rng.random(len(row)) * 0.9).astype(np.int64) + 30
    failure = pick(rng, FAILURES, len(row))
    stream.add(
        Kind.OPERATION,
        "Integration Failed",
        failed,
        external_id=ids[row],
        channel="system",
        properties={"reason": failure},
    )
    again = np.minimum(failed + rng.integers(60, 3 * HOUR, len(row)), entered[row] + took[row] - 1)
    stream.add(Kind.BEHAVIOR, truth.SUB_STEPS[0].entered_by, again, external_id=ids[row], channel="web")


def help_pages(rng, stream: Stream, ids, reading: np.ndarray, entered: np.ndarray, took: np.ndarray) -> None:
    at = (entered + took * rng.random(len(ids)))[reading].astype(np.int64)
    page = pick(rng, HELP_PAGES, len(at))
    for name in HELP_PAGES:
        on = page == name
        stream.add(Kind.PAGE, f"Help: {name}", at[on], external_id=ids[reading][on], channel="web")


def ask_effort(
    rng, people, who, step, place, going, passed, entered, took, struggles, stream: Stream, voice: Voice
) -> None:
    """ "It was easy", 1 to 7, asked on finishing a part, or after two quiet days in the middle of it."""
    asked = going & (rng.random(len(who)) < np.where(passed, 0.34, 0.20))
    row = np.flatnonzero(asked)
    done = passed[row]
    at = np.where(
        done, entered[row] + took[row] + 90, entered[row] + 2 * DAY + rng.integers(0, DAY, len(row))
    )
    feeling = (
        4.6
        + 0.35 * people.goodwill[who[row]]
        - 0.35 * np.log1p(took[row] / HOUR) * 0.5
        - (0.55 * struggles[row] if place == 0 else 0)
        + np.where(done, 0.9, -1.1)
        + (0.4 if place == 2 else 0)
    )
    score = rated(rng, feeling, low=1, high=7, goal=lambda scores: scores.mean() - effort_goal(place))
    hard = score <= 4
    cause = np.where(
        hard,
        ("connecting_hard", "report_hard", "invite_unclear")[place],
        ("connecting_easy", "report_easy", "invite_easy")[place],
    )
    stream.add(
        Kind.ANSWER,
        "Set-up Effort Rated",
        at,
        external_id=people.external_id[who[row]],
        channel="web",
        step=step.key,
        score=score,
        scale="ces7",
        text=voice.comments(cause, who[row], share=0.42),
    )


def effort_goal(place: int) -> float:
    """Connecting is the hard part; the three answers together come near CES_MEAN."""
    return truth.CES_MEAN + (-0.70, 0.35, 0.65)[place]


def remember(memory: Memory, who, place: int, going, passed, entered, left, struggles) -> None:
    hard, easy = (
        ("connecting_hard", "connecting_easy"),
        ("report_hard", "report_easy"),
        ("invite_unclear", "invite_easy"),
    )[place]
    gave_up = going & ~passed
    memory.keep(hard, who[gave_up], entered[gave_up] + DAY)
    if place == 0:
        rough = passed & (struggles >= 2)
        memory.keep(hard, who[rough], left[rough])
        passed = passed & (struggles == 0)
    memory.keep(easy, who[passed], left[passed])
