"""Questions and answers as JSON: what is kept, exported and sent."""

import json

from pydantic import TypeAdapter

from .questions import Answer, Question

QUESTION, ANSWER = TypeAdapter(Question), TypeAdapter(Answer)


def question(asked: Question) -> dict:
    """The question as plain JSON values, times in ISO 8601, windows as ISO durations."""
    return QUESTION.dump_python(asked, mode="json")


def answer(given: Answer) -> dict:
    """The answer as plain JSON values."""
    return ANSWER.dump_python(given, mode="json")


def read_question(written: dict) -> Question:
    """The question that was written. Raises pydantic's ValidationError when it is none."""
    return QUESTION.validate_python(written)


def read_answer(written: dict) -> Answer:
    """The answer that was written."""
    return ANSWER.validate_python(written)


def canonical(values: dict) -> str:
    """The same text for the same values, whatever their order."""
    return json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
