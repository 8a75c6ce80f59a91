// <journey-map>: everything it shows was drawn by the server; it sends what people want and lets the answer be the truth.
import { LiveStream } from "../../kit/js/live.js";
import { toast } from "../../kit/js/toasts.js";
import { Chosen } from "./chosen.js";
import { Dragging } from "./dragging.js";
import { Editing } from "./editing.js";
import { Feelings } from "./feelings.js";
import { Handoffs } from "./handoffs.js";
import { Keys, cellOf } from "./keys.js";
import { Menu } from "./menu.js";
import { Panel } from "./panel.js";
import { Presence } from "./presence.js";
import { Sending, place } from "./sending.js";

customElements.define(
  "journey-map",
  class extends HTMLElement {
    connectedCallback() {
      if (this.sending) return;
      this.sending = new Sending(this);
      this.mayEdit = "mayEdit" in this.dataset;
      this.presence = new Presence(this);
      this.panel = new Panel(this);
      this.editing = new Editing(this);
      this.keys = new Keys(this);
      this.handoffs = new Handoffs(this);
      if (this.mayEdit) {
        this.dragging = new Dragging(this);
        this.menu = new Menu(this);
        this.feelings = new Feelings(this);
        this.chosen = new Chosen(this);
        this.addEventListener("click", (event) => this.pressed(event));
      }
      document.addEventListener("htmx:after:swap", () => this.refresh());
      this.refresh();
      this.listen();
    }

    listen() {
      this.stream = new LiveStream(`stream/?tab=${this.dataset.tab}`, {
        since: this.dataset.since,
        events: ["presence", "reload", "curve", "talk", "closed"],
        onMessage: ({ name, data }) => this.received(name, data),
        onState: (state) => this.show(state),
      });
    }

    async received(name, data) {
      if (name === "message") await place(data);
      else if (name === "presence") this.presence.draw(JSON.parse(data));
      else if (name === "closed") this.end();
      else await this.happened(name);
    }

    // The shape of the map or its curve changed: fetched anew with this page's own reading.
    async happened(event) {
      if (event === "talk") return this.panel.talked();
      if (event === "curve") return this.fetch("part=curve", "#curvecell");
      if (event === "reload") return this.fetch("", "#living");
    }

    async fetch(part, target) {
      const address = new URL(location.href);
      if (part) address.searchParams.set(...part.split("="));
      const answer = await fetch(address, { headers: { "HX-Request": "true" } }).catch(() => null);
      if (!answer?.ok) return;
      const swap = target === "#living" ? "outerMorph" : "innerMorph";
      const html = `<hx-partial hx-target="${target}" hx-swap="${swap}">${await answer.text()}</hx-partial>`;
      if (target === "#living" && !document.querySelector("#living table.map")) return location.reload();
      await place(html);
    }

    show(state) {
      const live = document.getElementById("live");
      if (!live) return;
      live.hidden = false;
      live.dataset.state = state;
      live.lastElementChild.textContent = { on: "Live", off: "Reconnecting", over: "Not live" }[state];
    }

    end() {
      this.stream.end();
      const kept = this.editing.isUnsaved ? " What you were writing is still there: copy it before you leave." : "";
      toast(`You may no longer read this map, or you signed out elsewhere.${kept}`, { isError: true });
    }

    // While something is in the hand, messages from others wait.
    freeze() {
      let release;
      this.stream.hold = new Promise((resolve) => (release = resolve));
      this.toggleAttribute("data-holding", true);
      return () => {
        this.stream.hold = null;
        this.toggleAttribute("data-holding", false);
        release();
      };
    }

    refresh() {
      this.keys.rove();
      this.dragging?.attach();
      this.chosen?.mark();
      this.presence.mark();
      this.editing.survive();
      this.handoffs.refresh();
    }

    say(words) {
      document.getElementById("say").textContent = words;
    }

    undo() {
      return this.sending.post("undo/");
    }

    redo() {
      return this.sending.post("redo/");
    }

    pressed(event) {
      const button = event.target.closest("button, a");
      if (!button) return;
      if (button.matches("[data-undo], [data-redo]")) {
        event.preventDefault();
        if (button.matches("[data-undo]")) this.undo();
        else this.redo();
      } else if (button.matches("[data-add]")) {
        event.preventDefault();
        this.editing.add(cellOf(button));
      }
    }
  },
);

// A toast stands outside of the map, but its button undoes the same.
document.getElementById("toasts")?.addEventListener("click", (event) => {
  const button = event.target.closest("[data-undo], [data-redo]");
  if (!button) return;
  button.closest("[data-toast]").remove();
  const map = document.querySelector("journey-map");
  if (button.matches("[data-undo]")) map?.undo();
  else map?.redo();
});
