from .imports import tasks as imports  # noqa: F401 - names the task that advances an import
