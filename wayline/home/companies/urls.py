from django.urls import path

from . import views

urlpatterns = [
    path("customers/companies/", views.companies, name="companies"),
    path("customers/companies/<int:company_id>/", views.company, name="company"),
]
