"""The HTTP API: one router for each area, mounted under the area's own word."""

from ninja import NinjaAPI
from ninja.errors import ValidationError

from wayline.accounts.api import router as accounts
from wayline.accounts.api_auth import bearer_key
from wayline.audit.api import router as audit
from wayline.customers.api import router as customers
from wayline.customers.companies.api import router as companies
from wayline.customers.duplicates.api import router as duplicates
from wayline.customers.rules.api import router as recognition
from wayline.exports.api import router as exports
from wayline.improvements.api import router as improvements
from wayline.insights.api import router as insights
from wayline.integrations.api import router as integrations
from wayline.journeys.api import router as journeys
from wayline.kit.refusals import Refusal
from wayline.metrics.api import router as metrics
from wayline.signals.api import router as signals

DESCRIPTION = """Everything the pages show and change, for programs.

Send `Authorization: Bearer <API key>`. 401: no usable key. 403: the key's role is too low. 404: not in this
key's workspace. 409: the rules say no, and `detail` says why. 422: not understood, and `detail` says where.
"""


class Api(NinjaAPI):
    def get_openapi_operation_id(self, operation) -> str:
        """The area and the function: programs made from the document keep their names when a module moves."""
        _, area, *_ = operation.view_func.__module__.split(".")
        return f"{area}_{operation.view_func.__name__}"


api = Api(title="Wayline", version="1", description=DESCRIPTION, auth=bearer_key)
api.add_router("/accounts", accounts)
api.add_router("/audit", audit)
# Before the customers, whose own paths would take these words for a customer's number.
api.add_router("/customers/recognition", recognition)
api.add_router("/customers/duplicates", duplicates)
api.add_router("/customers/companies", companies)
api.add_router("/customers", customers)
api.add_router("/signals", signals)
api.add_router("/metrics", metrics)
api.add_router("/journeys", journeys)
api.add_router("/exports", exports)
api.add_router("/integrations", integrations)
api.add_router("/insights", insights)
api.add_router("/improvements", improvements)


@api.exception_handler(Refusal)
def refused(request, refusal: Refusal):
    return api.create_response(request, {"detail": str(refusal)}, status=refusal.status)


@api.exception_handler(ValidationError)
def not_understood(request, error: ValidationError):
    """Each problem as its place and a sentence, never the library's own dump."""
    problems = [
        {"where": ".".join(str(part) for part in problem["loc"][1:]) or "body", "problem": problem["msg"]}
        for problem in error.errors
    ]
    return api.create_response(request, {"detail": problems}, status=422)
