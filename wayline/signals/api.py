from ninja import Router

from .imports.api import router as imports

router = Router(tags=["signals"])
router.add_router("/imports", imports)
