// Everything about a card or step, beside the map. Its forms answer with what changed on the map.
const AFTER_A_DOUBLE_CLICK = 230;

export class Panel {
  constructor(map) {
    this.map = map;
    this.element = document.getElementById("peek");
    map.addEventListener("click", (event) => this.clicked(event));
    map.addEventListener("submit", (event) => this.submitted(event));
  }

  clicked(event) {
    if (event.target.closest("[data-peek-close]")) return this.close();
    const place = event.target.closest("[data-panel-at]");
    if (place) return this.openAt(place.dataset.panelAt); // by keyboard: the details of its step
    const link = event.target.closest(".card a.open, a.talkmark, a[data-panel-link]");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    if (!link.matches(".open")) return this.open(link);
    if (this.map.dragging?.justDropped) return;
    this.wait();
    // A second click means the words: only when it does not come is the first one a wish to see more.
    if (event.detail < 2) this.timer = setTimeout(() => this.open(link.closest(".card")), this.map.mayEdit ? AFTER_A_DOUBLE_CLICK : 0);
  }

  wait() {
    clearTimeout(this.timer);
  }

  // A card or step, or the mark of a discussion, which is itself the link.
  open(card) {
    this.from = card.id;
    const link = card.querySelector("a.open") ?? card;
    this.address = new URL(link.getAttribute("href"), location.href);
    this.load({ takesFocus: true });
    return true;
  }

  // A page of its own, as the menu of a phase opens it.
  openAt(address, from) {
    this.from = from;
    this.address = new URL(address, location.href);
    return this.load({ takesFocus: true });
  }

  async load({ takesFocus = false, yields = false } = {}) {
    const { address } = this;
    if (!address) return;
    const answer = await fetch(address, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (!answer?.ok) return this.close();
    const html = await answer.text();
    // While it was on its way somebody may have begun to write, or have opened something else.
    if (address !== this.address || (yields && this.isWriting)) return;
    this.show(html);
    if (takesFocus) (this.element.querySelector("[autofocus]") ?? this.element).focus();
  }

  show(html) {
    this.element.innerHTML = html;
    htmx.process(this.element);
    this.element.hidden = false;
  }

  close() {
    this.address = null; // what is still on its way opens nothing
    if (this.element.hidden) return;
    this.element.hidden = true;
    this.element.replaceChildren();
    const from = document.getElementById(this.from);
    if (from?.matches("a, button")) from.focus();
    else this.map.keys.focus(from);
  }

  get isWriting() {
    return [...this.element.querySelectorAll("textarea, input")].some((box) => box.value !== box.defaultValue);
  }

  // Somebody said something: drawn anew, unless words are being written here.
  talked() {
    if (!this.element.hidden && !this.isWriting) this.load({ yields: true });
  }

  async submitted(event) {
    const form = event.target.closest("[data-map-form]");
    if (!form) return;
    event.preventDefault();
    const { ok, status, html } = (await this.map.sending.post(form.action, new FormData(form, event.submitter))) ?? {};
    if (status === 422) this.show(html);
    else if (ok && form.dataset.mapForm === "close") this.close();
    else if (ok) this.load();
  }
}
