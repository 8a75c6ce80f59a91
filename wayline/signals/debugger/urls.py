from django.urls import path

from . import views

urlpatterns = [
    path("live/", views.live, name="live"),
    path("live.csv", views.live_csv, name="live_csv"),
    path("live.jsonl", views.live_jsonl, name="live_jsonl"),
    path("refused/", views.refused, name="refused"),
    path("refused/replay/", views.replay_refused, name="replay_refused"),
    path("refused/<int:refused_id>/", views.refused_one, name="refused_one"),
]
