from .imports.urls import urlpatterns as imports

app_name = "signals"
urlpatterns: list = [*imports]
