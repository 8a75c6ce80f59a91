import doctest
import inspect

import pytest

from wayline.statistics import comparison, counts, means, moments, nps, power, proportions, quantiles

MODULES = (comparison, counts, means, moments, nps, power, proportions, quantiles)
PUBLIC = [
    (module, name)
    for module in MODULES
    for name, found in vars(module).items()
    if inspect.isfunction(found) and found.__module__ == module.__name__ and not name.startswith("_")
]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_every_example_runs(module):
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize(("module", "name"), PUBLIC, ids=lambda part: getattr(part, "__name__", part))
def test_every_function_says_what_it_takes_and_gives_with_an_example(module, name):
    words = inspect.getdoc(getattr(module, name))

    assert all(heading in words for heading in ("Args:", "Returns:", "Example:"))
