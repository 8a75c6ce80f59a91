import pytest
from django.contrib.contenttypes.models import ContentType
from django.test import RequestFactory

from wayline.kit.lists import listing


def ask(**query):
    return RequestFactory().get("/", query)


def words(found):
    return [row.model for row in found.page]


@pytest.fixture
def rows(db):
    ContentType.objects.all().delete()
    ContentType.objects.bulk_create(
        ContentType(app_label=label, model=model)
        for label, model in [("b", "two"), ("a", "one"), ("a", "three")]
    )
    return ContentType.objects.all()


def test_a_list_is_sorted_filtered_and_keeps_what_was_chosen(rows):
    found = listing(
        ask(label="a", sort="-model"),
        rows,
        filters={"label": lambda rows, value: rows.filter(app_label=value)},
        sorts={"model": "model"},
    )

    assert words(found) == ["three", "one"]
    assert (found.chosen, found.sort, found.is_filtered) == ({"label": "a"}, "-model", True)


def test_ties_are_broken_by_the_key_so_pages_do_not_overlap(rows):
    found = listing(ask(sort="label"), rows, sorts={"label": "app_label"})

    assert words(found) == ["one", "three", "two"]


def test_an_unknown_sort_and_a_page_too_far_still_answer(rows):
    found = listing(
        ask(sort="password", page="99"), rows, sorts={"model": "model"}, default_sort="model", per_page=2
    )

    assert words(found) == ["two"]
    assert found.sort == "model"
