from django.urls import path

from . import views
from .debugger.urls import urlpatterns as debugger
from .derived.urls import urlpatterns as derived
from .imports.urls import urlpatterns as imports
from .names.urls import urlpatterns as names
from .quality.urls import urlpatterns as quality
from .rights.urls import urlpatterns as rights

app_name = "signals"
urlpatterns = [
    path("segments/", views.segments, name="segments"),
    path("segments/new/", views.segment_new, name="segment_new"),
    path("segments/<int:segment_id>/", views.segment, name="segment"),
    path("segments/<int:segment_id>/delete/", views.segment_delete, name="segment_delete"),
    path("merges/<int:merge_id>/undo/", views.undo_merge, name="undo_merge"),
    *names,
    *quality,
    *debugger,
    *derived,
    *imports,
    *rights,
]
