from whitenoise.storage import CompressedManifestStaticFilesStorage


class Static(CompressedManifestStaticFilesStorage):
    """Hashed names for every file, the imports inside ES modules included."""

    support_js_module_import_aggregation = True
    manifest_strict = False

    def stored_name(self, name):
        """Before anything is collected (tests, development) files answer to their own names."""
        return super().stored_name(name) if self.hashed_files else name
