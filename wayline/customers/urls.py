from django.urls import path

from . import views
from .consents.urls import urlpatterns as consents

app_name = "customers"
urlpatterns = [
    path("", views.index, name="index"),
    path("export/", views.export, name="export"),
    *consents,
]
