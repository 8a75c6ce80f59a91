from django.urls import path

from . import views

app_name = "integrations"
urlpatterns = [
    path("", views.webhooks, name="webhooks"),
    path("create/", views.create_webhook, name="create_webhook"),
    path("<int:webhook_id>/", views.webhook, name="webhook"),
    path("<int:webhook_id>/change/", views.change_webhook, name="change_webhook"),
    path("<int:webhook_id>/key/", views.change_key, name="change_key"),
    path("<int:webhook_id>/test/", views.test_webhook, name="test_webhook"),
    path("<int:webhook_id>/delete/", views.delete_webhook, name="delete_webhook"),
    path("deliveries/<int:delivery_id>/again/", views.send_again, name="send_again"),
]
