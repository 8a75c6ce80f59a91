from django.urls import path

from . import views

urlpatterns = [
    path("rules/", views.rules, name="rules"),
    path("rules/new/", views.rule_new, name="rule_new"),
    path("rules/<int:rule_id>/", views.rule, name="rule"),
    path("rules/<int:rule_id>/on/", views.switch_on_rule, name="switch_on_rule"),
    path("rules/<int:rule_id>/off/", views.switch_off_rule, name="switch_off_rule"),
    path("rules/<int:rule_id>/delete/", views.delete_rule, name="delete_rule"),
]
