from django.urls import path

from . import views

app_name = "improvements"
urlpatterns = [
    path("", views.index, name="index"),
    path("new/", views.new, name="new"),
    path("of-card/<int:placement_id>/", views.adopt, name="adopt"),
    path("<int:opportunity_id>/", views.opportunity, name="opportunity"),
    path("<int:opportunity_id>/describe/", views.describe, name="describe"),
    path("<int:opportunity_id>/estimate/", views.estimate, name="estimate"),
    path("<int:opportunity_id>/override/", views.override, name="override"),
    path("<int:opportunity_id>/compute/", views.compute, name="compute"),
    path("<int:opportunity_id>/move/", views.move, name="move"),
    path("<int:opportunity_id>/place/", views.place, name="place"),
    path("<int:opportunity_id>/places/<int:placement_id>/take-off/", views.take_off, name="take_off"),
    path("<int:opportunity_id>/insights/link/", views.link, name="link"),
    path("<int:opportunity_id>/insights/<int:insight_id>/unlink/", views.unlink, name="unlink"),
    path("<int:opportunity_id>/delete/", views.delete, name="delete"),
    path("<int:opportunity_id>/restore/", views.restore, name="restore"),
]
