"""The addresses outside every workspace: where people come in."""

from django.urls import path

from . import views

app_name = "entrance"
urlpatterns = [
    path("", views.start, name="start"),
    path("workspaces/", views.workspaces, name="workspaces"),
    path("invitation/<str:token>/", views.invitation, name="invitation"),
]
