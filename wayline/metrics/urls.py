from django.urls import path

from . import views

app_name = "metrics"
urlpatterns = [
    path("", views.catalog, name="catalog"),
    path("<slug:slug>/", views.metric, name="metric"),
    path("<slug:slug>/export.csv", views.export_csv, name="export_csv"),
    path("<slug:slug>/export.json", views.export_json, name="export_json"),
    path("<slug:slug>/target/", views.set_target, name="set_target"),
    path("<slug:slug>/target/remove/", views.remove_target, name="remove_target"),
    path("<slug:slug>/baseline/", views.freeze_baseline, name="freeze_baseline"),
    path("baselines/<int:baseline_id>/remove/", views.remove_baseline, name="remove_baseline"),
]
