import re
from pathlib import PurePosixPath

from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

IMPORT = re.compile(r'@import url\("([^"]+)"\);')


class Static(CompressedManifestStaticFilesStorage):
    """Hashed names for every file, imports inside ES modules included; one style sheet for the shell."""

    support_js_module_import_aggregation = True
    manifest_strict = False
    table_of_contents = "kit/css/app.css"

    def stored_name(self, name):
        """Before anything is collected (tests, development) files answer to their own names."""
        return super().stored_name(name) if self.hashed_files else name

    def post_process(self, paths, dry_run=False, **options):
        """Put the files that app.css names into it: a first visit asks for one style sheet, not for fifty."""
        if self.table_of_contents in paths and not dry_run:
            self._fold(paths)
        yield from super().post_process(paths, dry_run, **options)

    def _fold(self, paths: dict) -> None:
        folder = PurePosixPath(self.table_of_contents).parent
        folded = IMPORT.sub(
            lambda named: _read(paths, str(folder / named[1])), _read(paths, self.table_of_contents)
        )
        # A file storage never overwrites: beside the collected file the folded one would get another name.
        self.delete(self.table_of_contents)
        self._save(self.table_of_contents, ContentFile(folded.encode()))
        paths[self.table_of_contents] = (self, self.table_of_contents)


def _read(paths: dict, name: str) -> str:
    storage, path = paths[name]
    with storage.open(path) as file:
        return file.read().decode()
