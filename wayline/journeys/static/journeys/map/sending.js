// Sends what a person wants and puts the server's answer in its places. The server's cells are the truth.
import { toast } from "../../kit/js/toasts.js";

export class Sending {
  constructor(map) {
    this.map = map;
    this.queue = Promise.resolve();
  }

  // One after another, so that two quick moves of one card arrive in their order.
  post(address, values = {}) {
    const body = values instanceof FormData ? values : toForm(values);
    this.queue = this.queue.then(() => this.now(address, body)).catch(() => null);
    return this.queue;
  }

  async now(address, body) {
    let answer, html;
    try {
      answer = await fetch(address, {
        method: "POST",
        body,
        headers: { "HX-Request": "true", "X-CSRFToken": document.body.dataset.csrf },
      });
      html = await answer.text(); // the server may still go away in the middle of its answer
    } catch {
      toast("The server could not be reached. Your change is not saved.", { isError: true });
      return { ok: false, status: 0 };
    }
    const status = answer.redirected ? 403 : answer.status;
    if (status >= 500 || status === 403 || status === 404) {
      const said = answer.redirected ? signedOut : refusals[status];
      toast(said ?? "This could not be saved. Wait a little and save again.", { isError: true });
      return { ok: false, status };
    }
    if (answer.status !== 422) await place(html);
    for (const event of (answer.headers.get("Wayline-Map") ?? "").split(",")) {
      if (event) await this.map.happened(event);
    }
    return { ok: answer.ok, status: answer.status, html };
  }
}

const refusals = {
  403: "You may no longer change this map. An owner of the workspace can give you the right.",
  404: "That is not there any more, or you may no longer see it. Copy what you were writing, then reload the map.",
};
const signedOut = "You are signed out. Copy what you were writing, then sign in again.";

// Cells and toasts, each to the place it names.
export function place(html) {
  return htmx.swap({ text: html, target: document.body, swap: "none", sourceElement: document.body, request: {}, hx: {} });
}

function toForm(values) {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    for (const each of Array.isArray(value) ? value : [value]) form.append(name, each);
  }
  return form;
}
