from django.urls import path

from . import views

urlpatterns = [
    path("rights/", views.rights, name="rights"),
    path("rights/rules/", views.rules, name="retention_and_masking"),
    path("rights/rules/retention/", views.change_retention, name="change_retention"),
    path("rights/rules/masking/", views.change_masking, name="change_masking"),
    path("rights/rules/masking/try/", views.try_masking, name="try_masking"),
    path("rights/rules/search/", views.search_personal_data, name="search_personal_data"),
    path("rights/people/<int:customer_id>/", views.person, name="person"),
    path("rights/people/<int:customer_id>/export/", views.export_person, name="export_person"),
    path("rights/people/<int:customer_id>/erase/", views.erase_person, name="erase_person"),
    path("rights/exports/<int:export_id>/", views.download_person, name="download_person"),
    path("rights/erasures/<int:erasure_id>/", views.erasure, name="erasure"),
]
