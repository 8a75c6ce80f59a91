from django.urls import path

from . import views

urlpatterns = [
    path("", views.index, name="index"),
    path("names/<int:term_id>/", views.name, name="name"),
    path("names/<int:term_id>/describe/", views.describe_name, name="describe_name"),
    path("names/<int:term_id>/approve/", views.approve_name, name="approve_name"),
    path("names/<int:term_id>/block/", views.block_name, name="block_name"),
    path("names/<int:term_id>/unblock/", views.unblock_name, name="unblock_name"),
    path("names/<int:term_id>/merge/", views.merge_name, name="merge_name"),
    path("names/<int:term_id>/part/", views.part_name, name="part_name"),
]
