from wayline.kit.refusals import Refusal

from . import mapping as mappings
from . import readers
from . import suggest as suggestions
from .models import Import


def suggestion(run: Import) -> str:
    """A mapping proposed from the import's files."""
    return suggestions.suggest(run.path, beside=run.paths_beside, name=run.file_name)


def columns_of(run: Import) -> list[str]:
    """The names of the file's columns, as far as it can still be read."""
    try:
        rules = mappings.read(run.mapping).file
        with readers.opened(run.path, rules) as source:
            return source.columns
    except (Refusal, OSError):
        return []


def same_file(run: Import) -> list[Import]:
    """Earlier imports of the very same file that were not undone."""
    others = Import.objects.filter(workspace=run.workspace_id, digest=run.digest).exclude(pk=run.pk)
    return list(others.exclude(state__in=[Import.State.DRAFT, Import.State.UNDONE])[:5])
