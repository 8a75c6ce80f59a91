"""The generator on its own: what holds for every seed."""

from datetime import UTC, datetime

import pytest

from wayline.accounts.testing import make_workspace
from wayline.home.demo import company, truth, world
from wayline.home.demo.words import phrases
from wayline.signals import checks

NOW = datetime(2026, 11, 18, 15, 30, tzinfo=UTC)


def signals(**asked):
    return [signal for group in world.generate(now=NOW, **asked) for signal in group]


def test_the_same_seed_invents_the_same_year():
    assert signals(customers=200, seed=7) == signals(customers=200, seed=7)


def test_another_seed_invents_another_year():
    assert signals(customers=200, seed=7) != signals(customers=200, seed=8)


def test_nothing_lies_in_the_future_and_everything_is_taken():
    made = signals(customers=200)

    assert max(signal.at for signal in made) <= NOW
    assert {checks.validate(signal, received_at=NOW) for signal in made} == {None}


def test_no_two_signals_share_a_key():
    made = signals(customers=300)

    assert len({signal.key for signal in made}) == len(made)


def test_each_group_comes_in_order_of_time():
    made = [signal.at for signal in signals(customers=200)]

    assert made == sorted(made)


def test_losses_of_the_sub_steps_multiply_to_the_planted_ones():
    through, lost = 1.0, []
    for step in truth.SUB_STEPS:
        lost.append(through * (1 - step.passes))
        through *= step.passes

    assert sum(lost) == pytest.approx(truth.ABANDONS_SETUP, abs=1e-4)
    for step, share in zip(truth.SUB_STEPS, lost, strict=True):
        assert share / truth.ABANDONS_SETUP == pytest.approx(step.share_of_losses, abs=1e-4)


def test_the_fixed_sub_steps_multiply_to_the_raised_activation():
    through = 1.0
    for step in truth.SUB_STEPS:
        through *= step.passes_with_fix

    assert through == pytest.approx(truth.FIX.activation_after, abs=1e-4)


def test_every_language_has_a_sentence_for_everything():
    english = phrases("en")

    for language in truth.LANGUAGES:
        book = phrases(language)
        for part in ("causes", "requests", "replies"):
            assert book[part].keys() == english[part].keys(), (language, part)
        assert len(set(book["complaints"])) == truth.COMPLAINERS


@pytest.mark.django_db
def test_too_small_a_company_is_refused():
    with pytest.raises(company.CompanyTooSmall, match="at least 200"):
        company.create(make_workspace(), customers=20)
