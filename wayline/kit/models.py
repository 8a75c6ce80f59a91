from .tasks.models import Job

__all__ = ["Job"]
