// <copy-text><code>words</code><button hidden>Copy</button></copy-text>: the button appears when copying is possible.
import { toast } from "./toasts.js";

customElements.define(
  "copy-text",
  class extends HTMLElement {
    connectedCallback() {
      const button = this.querySelector("button");
      const source = this.querySelector("code, input, textarea");
      if (!button || !source || !navigator.clipboard) return;
      button.hidden = false;
      button.addEventListener("click", async () => {
        await navigator.clipboard.writeText(source.value ?? source.textContent.trim());
        toast("Copied");
      });
    }
  },
);
