from django.urls import path

from . import views

urlpatterns = [
    path("customers/recognition/", views.recognition, name="recognition"),
    path("customers/recognition/limits/", views.set_limits, name="set_limits"),
    path("customers/recognition/trust/", views.set_trust, name="set_trust"),
    path("customers/recognition/block/", views.block_value, name="block_value"),
    path("customers/recognition/blocked/<int:blocked_id>/allow/", views.unblock_value, name="unblock_value"),
    path(
        "customers/recognition/refused/<int:refused_merge_id>/join/", views.join_refused, name="join_refused"
    ),
    path("customers/duplicates/", views.duplicates, name="duplicates"),
    path("customers/duplicates/search/", views.find_duplicates, name="find_duplicates"),
    path("customers/duplicates/<int:duplicate_id>/", views.duplicate, name="duplicate"),
    path("customers/duplicates/<int:duplicate_id>/merge/", views.merge_duplicate, name="merge_duplicate"),
    path("customers/duplicates/<int:duplicate_id>/apart/", views.keep_apart, name="keep_apart"),
    path("customers/duplicates/<int:duplicate_id>/reconsider/", views.reconsider, name="reconsider"),
]
