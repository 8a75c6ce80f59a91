"""The HTTP API: one router for each area, mounted under the area's own word."""

from ninja import NinjaAPI

from wayline.accounts.api import router as accounts
from wayline.audit.api import router as audit
from wayline.customers.api import router as customers
from wayline.journeys.api import router as journeys
from wayline.metrics.api import router as metrics
from wayline.signals.api import router as signals

api = NinjaAPI(title="Wayline", version="1")
api.add_router("/accounts", accounts)
api.add_router("/audit", audit)
api.add_router("/customers", customers)
api.add_router("/signals", signals)
api.add_router("/metrics", metrics)
api.add_router("/journeys", journeys)
