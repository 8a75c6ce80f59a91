import logging


def test_the_log_is_structured_from_the_start():
    formatters = [type(handler.formatter).__module__ for handler in logging.getLogger().handlers]

    assert "structlog.stdlib" in formatters
