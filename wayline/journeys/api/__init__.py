"""Journeys for programs: one router for each noun, in the order in which their paths are tried."""

from ninja import Router

from . import access, exchange, handoffs, journeys, library, map, moments, personas, versions

router = Router(tags=["journeys"])
router.add_router("/personas", personas.router)
# Words come before the paths that begin with a journey's number.
for noun in (library, exchange, moments, handoffs, versions, journeys, map, access):
    router.add_router("", noun.router)
