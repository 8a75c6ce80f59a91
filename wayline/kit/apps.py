from django.apps import AppConfig

from . import memory


class KitConfig(AppConfig):
    name = "wayline.kit"

    def ready(self):
        memory.keep_freed()
