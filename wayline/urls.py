"""One URL prefix for each area, below the workspace."""

from django.urls import include, path

from wayline.journeys.views import shares

from . import health
from .api import api

handler500 = "wayline.kit.pages.broken"

urlpatterns = [
    path("health", health.health, name="health"),
    path("livez", health.livez, name="livez"),
    path("api/v1/", api.urls),
    path("account/", include("allauth.urls")),
    path("", include("wayline.accounts.entrance")),
    path("shared/<str:token>/", shares.shared, name="shared"),
    path("shared/<str:token>/pictures/<int:picture_id>/", shares.shared_picture, name="shared_picture"),
    path("<slug:workspace>/exports/", include("wayline.exports.urls")),
    path("<slug:workspace>/integrations/", include("wayline.integrations.urls")),
    path("<slug:workspace>/improvements/", include("wayline.improvements.urls")),
    path("<slug:workspace>/insights/", include("wayline.insights.urls")),
    path("<slug:workspace>/journeys/", include("wayline.journeys.urls")),
    path("<slug:workspace>/metrics/", include("wayline.metrics.urls")),
    path("<slug:workspace>/signals/", include("wayline.signals.urls")),
    path("<slug:workspace>/customers/", include("wayline.customers.urls")),
    path("<slug:workspace>/settings/", include("wayline.accounts.urls")),
    path("<slug:workspace>/activities/", include("wayline.audit.urls")),
    path("<slug:workspace>/", include("wayline.home.urls")),
]
