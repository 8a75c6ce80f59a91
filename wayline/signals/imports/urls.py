from django.urls import path

from . import views

urlpatterns = [
    path("imports/", views.imports, name="imports"),
    path("imports/new/", views.import_new, name="import_new"),
    path("imports/<int:import_id>/", views.import_, name="import"),
    path("imports/<int:import_id>/check/", views.check_import, name="check_import"),
    path("imports/<int:import_id>/start/", views.start_import, name="start_import"),
    path("imports/<int:import_id>/undo/", views.undo_import, name="undo_import"),
    path("imports/<int:import_id>/retry/", views.retry_import, name="retry_import"),
    path("imports/<int:import_id>/discard/", views.discard_import, name="discard_import"),
    path("imports/<int:import_id>/refused.csv", views.refused_rows, name="refused_rows"),
]
