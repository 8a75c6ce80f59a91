"""Pages that change under the eyes of everybody who has them open.

Message: one fact that something on a topic changed, written in the transaction of the change.
Topic: what a stream is about ("journeys.map:12"); its area says who may read it and how a fact looks as HTML.
Reader: one open stream. The hub reads new messages once and hands them to every reader.
"""

from .messages import last_message
from .outbox import already_drawn, announce, overhearing
from .topics import register

__all__ = ["already_drawn", "announce", "last_message", "overhearing", "register"]
