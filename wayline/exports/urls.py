from django.urls import include, path

from . import views

app_name = "exports"
urlpatterns = [
    path("", views.exports, name="exports"),
    path("", include("wayline.exports.schedules.urls")),
    path("", include("wayline.exports.snapshots.urls")),
    path("start/", views.start, name="start"),
    path("make/", views.make_export, name="make_export"),
    path("<int:whole_export_id>/download/", views.download_export, name="download_export"),
    path("<int:whole_export_id>/remove/", views.remove_export, name="remove_export"),
    path("arrivals/", views.arrivals, name="arrivals"),
    path("arrivals/upload/", views.upload_arrival, name="upload_arrival"),
]
