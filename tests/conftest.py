import pytest


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Let fixtures know on their way out whether the test failed: `request.node.has_failed`."""
    outcome = yield
    if call.when == "call":
        item.has_failed = outcome.get_result().failed
