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
    const link = event.target.closest(".card a.open, a.talkmark");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    if (link.matches(".talkmark")) return this.open(link);
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

  async load({ takesFocus = false } = {}) {
    const answer = await fetch(this.address, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (!answer?.ok) return this.close();
    this.show(await answer.text());
    if (takesFocus) this.element.focus();
  }

  show(html) {
    this.element.innerHTML = html;
    htmx.process(this.element);
    this.element.hidden = false;
  }

  close() {
    if (this.element.hidden) return;
    this.element.hidden = true;
    this.element.replaceChildren();
    const from = document.getElementById(this.from);
    if (from?.matches("a")) from.focus();
    else this.map.keys.focus(from);
  }

  // Somebody said something: drawn anew, unless words are being written here.
  talked() {
    const isWriting = [...this.element.querySelectorAll("textarea, input")].some((box) => box.value !== box.defaultValue);
    if (!this.element.hidden && !isWriting) this.load();
  }

  async submitted(event) {
    const form = event.target.closest("[data-map-form]");
    if (!form) return;
    event.preventDefault();
    const { ok, status, html } = (await this.map.sending.post(form.action, new FormData(form, event.submitter))) ?? {};
    if (status === 422) this.show(html);
    else if (ok) this.load();
  }
}
