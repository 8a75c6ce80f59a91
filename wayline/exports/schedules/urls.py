from django.urls import path

from . import views

urlpatterns = [
    path("files/", views.schedules, name="schedules"),
    path("files/create/", views.create_schedule, name="create_schedule"),
    path("files/<int:schedule_id>/change/", views.change_schedule, name="change_schedule"),
    path("files/<int:schedule_id>/run/", views.run_schedule, name="run_schedule"),
    path("files/<int:schedule_id>/pause/", views.pause_schedule, name="pause_schedule"),
    path("files/<int:schedule_id>/resume/", views.resume_schedule, name="resume_schedule"),
    path("files/<int:schedule_id>/delete/", views.delete_schedule, name="delete_schedule"),
    path("files/<int:schedule_id>/restore/", views.restore_schedule, name="restore_schedule"),
    path("files/written/<int:scheduled_file_id>/", views.download_file, name="download_file"),
    path("files/written/<int:scheduled_file_id>/retry/", views.retry_file, name="retry_file"),
]
