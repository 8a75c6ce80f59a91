from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string


def show(
    request: HttpRequest, template: str, context: dict, *, fragment: str | None = None, status: int = 200
) -> HttpResponse:
    """The page, or only its named fragment when htmx asked for it."""
    name = f"{template}#{fragment}" if fragment and getattr(request, "htmx", False) else template
    return render(request, name, context, status=status)


def broken(request: HttpRequest) -> HttpResponse:
    """Something is wrong with the product: the request's number, and no context that could break too."""
    if request.path.startswith("/api/"):
        sentence = f"Something broke on our side. The log has it under the request {request.id}."
        return JsonResponse({"detail": sentence}, status=500)
    return HttpResponse(render_to_string("500.html", {"request": request}), status=500)
