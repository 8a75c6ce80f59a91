"""The whole product as one ASGI application: signal intake first, everything else Django.

While it runs it also runs what works in the background, the journal's loader and the task workers, unless
WAYLINE_BACKGROUND leaves that to processes of their own.
"""

import os
import warnings
from contextlib import asynccontextmanager

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wayline.settings")
# Static files and exports are short or written in parts; reading them in a thread is what we want.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")
pages = get_asgi_application()

from wayline.background import Background  # noqa: E402
from wayline.signals.calls import endpoint, paths  # noqa: E402


@asynccontextmanager
async def background():
    """Start what works behind the pages; on the way out let each finish what it holds."""
    if not settings.BACKGROUND:  # then `wayline worker` does it
        yield
        return
    behind = Background()
    await sync_to_async(behind.start)()
    try:
        yield
    finally:
        await sync_to_async(behind.stop)()


async def application(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    elif scope["type"] == "http" and paths.is_for_signals(scope):
        await endpoint.application(scope, receive, send)
    else:
        await pages(scope, receive, send)


async def lifespan(receive, send):
    await receive()
    try:
        async with background():
            await send({"type": "lifespan.startup.complete"})
            await receive()
    except Exception as error:
        await send({"type": "lifespan.startup.failed", "message": str(error)})
        return
    await send({"type": "lifespan.shutdown.complete"})
