from .live.models import Message
from .tasks.models import Job

__all__ = ["Job", "Message"]
