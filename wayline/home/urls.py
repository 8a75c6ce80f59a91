from django.urls import path

from . import views
from .companies.urls import urlpatterns as companies
from .recognition.urls import urlpatterns as recognition

app_name = "home"
urlpatterns = [
    path("", views.overview, name="overview"),
    path("start/", views.start, name="start"),
    path("search/", views.search, name="search"),
    path("customers/<int:customer_id>/", views.customer, name="customer"),
    path("merges/<int:merge_id>/undo/", views.undo_merge, name="undo_merge"),
    *recognition,
    *companies,
]
