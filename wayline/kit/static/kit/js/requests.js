// What every htmx request needs: the CSRF token (htmx 4 inherits no headers) and a word when nothing came back.
import { toast } from "./toasts.js";

document.addEventListener("htmx:config:request", (event) => {
  const { request } = event.detail.ctx;
  if (!/^(GET|HEAD)$/i.test(request.method)) {
    request.headers["X-CSRFToken"] = document.body.dataset.csrf;
  }
});

document.addEventListener("htmx:error", (event) => {
  const isLate = event.detail.ctx?.request?.signal?.reason === "timeout" || event.detail.error === "timeout";
  const said = isLate
    ? "The server is still at work after a minute. Load this page again to see what came of it."
    : "The server could not be reached. Your change is not saved.";
  toast(said, { isError: true });
});
