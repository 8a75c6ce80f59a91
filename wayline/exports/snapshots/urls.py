from django.urls import path

from . import views

urlpatterns = [
    path("sql/", views.ask, name="ask"),
    path("sql/csv/", views.download_answer, name="download_answer"),
    path("sql/snapshot/", views.download_snapshot, name="download_snapshot"),
    path("sql/snapshot/write/", views.write_snapshot, name="write_snapshot"),
]
