from django.urls import path

from . import views

urlpatterns = [
    path("<int:customer_id>/consents/", views.consents, name="consents"),
    path("<int:customer_id>/consents/change/", views.change_consent, name="change_consent"),
]
