// Several cards at once: chosen with Shift or the X key, then moved or removed together; and blocks pasted into a cell.
export class Chosen {
  constructor(map) {
    this.map = map;
    this.ids = new Set();
    this.bar = document.getElementById("chosen");
    map.addEventListener("click", (event) => this.clicked(event), { capture: true });
    map.addEventListener("paste", (event) => this.pasted(event));
  }

  clicked(event) {
    const card = event.target.closest(".card[data-card]");
    if (card && event.shiftKey) {
      event.preventDefault();
      event.stopPropagation();
      return this.toggle(card);
    }
    if (event.target.closest("[data-clear-chosen]")) this.clear();
    else if (event.target.closest("[data-remove-chosen]")) this.send({ act: "remove" });
    else if (event.target.closest("[data-move-chosen]")) this.ask(event.target.closest("button"));
  }

  toggle(card) {
    const { card: id } = card.dataset;
    if (!id) return false;
    if (!this.ids.delete(id)) this.ids.add(id);
    this.mark();
    this.map.say(`${this.ids.size} chosen`);
    return true;
  }

  clear() {
    this.ids.clear();
    this.mark();
  }

  mark() {
    for (const card of this.map.querySelectorAll(".card[data-card]")) {
      card.classList.toggle("picked", this.ids.has(card.dataset.card));
    }
    if (!this.bar) return;
    this.bar.hidden = !this.ids.size;
    this.bar.firstElementChild.textContent = `${this.ids.size} chosen`;
  }

  ask(button) {
    const { menu } = this.map;
    menu.list.replaceChildren();
    menu.heading("Move the chosen cards to");
    const seen = new Set();
    for (const cell of this.map.querySelectorAll("ul.cell[data-step]")) {
      const { step, name } = cell.dataset;
      if (!seen.has(step)) menu.item(name, "", () => this.send({ step }));
      seen.add(step);
    }
    menu.place(button);
  }

  async send(values) {
    const { ok } = (await this.map.sending.post("cards/many/", { ...values, card: [...this.ids] })) ?? {};
    if (ok) this.clear();
  }

  // A block of cells from a spreadsheet, pasted while a card or its cell has the focus.
  pasted(event) {
    const cell = event.target.closest?.(".stepcell")?.querySelector("ul.cell[data-step]");
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (!cell || event.target.matches("textarea, input") || !text.trim()) return;
    event.preventDefault();
    this.map.sending.post("cards/paste/", { step: cell.dataset.step, lane: cell.dataset.lane, text });
  }
}
