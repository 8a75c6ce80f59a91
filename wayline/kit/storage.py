from whitenoise.storage import CompressedManifestStaticFilesStorage


class Static(CompressedManifestStaticFilesStorage):
    """Hashed names for every file, the imports inside ES modules included."""

    support_js_module_import_aggregation = True
    manifest_strict = False
