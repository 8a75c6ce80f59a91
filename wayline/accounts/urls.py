from django.urls import path

from . import views

app_name = "accounts"
urlpatterns = [
    path("", views.settings, name="settings"),
    path("change/", views.change, name="change"),
    path("people/", views.people, name="people"),
    path("people/invite/", views.invite, name="invite"),
    path("people/leave/", views.leave, name="leave"),
    path("people/<int:member_id>/rights/", views.change_rights, name="change_rights"),
    path("people/<int:member_id>/role/", views.change_role, name="change_role"),
    path("people/<int:member_id>/remove/", views.remove, name="remove"),
    path("people/invitations/<int:invitation_id>/withdraw/", views.withdraw, name="withdraw"),
    path("keys/", views.keys, name="keys"),
    path("keys/create/", views.create_key, name="create_key"),
    path("keys/<int:key_id>/revoke/", views.revoke_key, name="revoke_key"),
]
