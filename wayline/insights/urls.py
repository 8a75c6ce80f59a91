from django.urls import path

from . import views

app_name = "insights"
urlpatterns = [
    path("", views.index, name="index"),
    path("new/", views.new, name="new"),
    path("of-card/<int:placement_id>/", views.adopt, name="adopt"),
    path("<int:insight_id>/", views.insight, name="insight"),
    path("<int:insight_id>/customers/", views.customers, name="customers"),
    path("<int:insight_id>/describe/", views.describe, name="describe"),
    path("<int:insight_id>/place/", views.place, name="place"),
    path("<int:insight_id>/delete/", views.delete, name="delete"),
    path("<int:insight_id>/restore/", views.restore, name="restore"),
    path("<int:insight_id>/evidence/add/", views.add_evidence, name="add_evidence"),
    path("evidence/<int:evidence_id>/remove/", views.remove_evidence, name="remove_evidence"),
    path("evidence/<int:evidence_id>/restore/", views.restore_evidence, name="restore_evidence"),
    path("<int:insight_id>/places/<int:placement_id>/take-off/", views.take_off, name="take_off"),
]
