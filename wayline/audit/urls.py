from django.urls import path

from . import views

app_name = "audit"
urlpatterns = [
    path("", views.activities, name="activities"),
    path("export.csv", views.export, name="export"),
]
