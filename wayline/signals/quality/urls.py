from django.urls import path

from . import views

urlpatterns = [
    path("quality/", views.quality, name="quality"),
    path("quality/<int:finding_id>/acknowledge/", views.acknowledge_finding, name="acknowledge_finding"),
    path("quality/<int:finding_id>/mute/", views.mute_finding, name="mute_finding"),
    path("quality/<int:finding_id>/reopen/", views.reopen_finding, name="reopen_finding"),
]
