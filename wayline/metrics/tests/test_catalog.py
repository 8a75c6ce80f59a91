from pathlib import Path

import pytest
from django.conf import settings

from wayline.metrics import catalog, reference
from wayline.signals.vocabulary import SCALES

GUIDE = Path(settings.BASE_DIR) / "docs" / "guide" / "metrics.md"


def test_the_guide_holds_the_table_of_every_metric():
    written = GUIDE.read_text().split(reference.BEGIN)[1].split(reference.END)[0]

    assert written.strip() == reference.table()


@pytest.mark.parametrize("metric", catalog.ALL, ids=lambda metric: metric.slug)
def test_every_metric_says_what_it_is(metric):
    assert metric.meaning.endswith(".")
    assert metric.method
    assert metric.counts
    assert (metric.statistic.finish is None) != (metric.quantile is None)
    assert set(metric.requires) <= set(metric.takes)
    assert set(metric.scales) <= set(SCALES)
    assert metric.family in catalog.FAMILIES


def test_slugs_are_unique():
    assert len(catalog.METRICS) == len(catalog.ALL)


def test_every_scale_has_a_top_box_and_a_bad_end():
    assert set(catalog.TOP_BOX) == set(catalog.BAD) == set(SCALES)
