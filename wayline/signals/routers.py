from django.conf import settings

JOURNAL_MODELS = {"journalentry", "prunedentries"}


class JournalRouter:
    """Keeps the journal in its own database where there is one."""

    def db_for_read(self, model, **hints):
        return settings.JOURNAL_DATABASE if model._meta.model_name in JOURNAL_MODELS else None

    db_for_write = db_for_read

    def allow_migrate(self, db, app_label, model_name=None, **hints):
        if settings.JOURNAL_DATABASE == "default":
            return None
        return (model_name in JOURNAL_MODELS) == (db == settings.JOURNAL_DATABASE)
