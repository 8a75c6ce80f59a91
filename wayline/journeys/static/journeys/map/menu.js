// What can be done with a card, without dragging it: one pointer press or key is enough.
import { nameOf } from "./keys.js";

export class Menu {
  constructor(map) {
    this.map = map;
    this.list = document.getElementById("cardmenu");
    map.addEventListener("click", (event) => {
      const button = event.target.closest("[data-menu]");
      if (button) this.open(button.closest(".card"), button);
    });
  }

  open(card, beside = card) {
    this.list.replaceChildren();
    const isStep = "stepCard" in card.dataset;
    this.item("Edit the words", "↵", () => this.map.editing.open(card));
    this.item("Open details", "P", () => this.map.panel.open(card));
    if (!isStep) {
      this.item("Choose", "X", () => this.map.chosen.toggle(card));
      this.item("Take off this map", "", () => this.map.sending.post(`../cards/${card.dataset.card}/remove/`));
    }
    this.heading(isStep ? "Move to phase" : "Move to");
    for (const cell of this.map.querySelectorAll(`ul.cell[data-lane="${card.parentElement.dataset.lane}"]`)) {
      if (cell !== card.parentElement) this.item(cell.dataset.name, "", () => this.move(card, cell));
    }
    this.place(beside);
    return true;
  }

  async move(card, cell) {
    const { id } = card;
    cell.append(card);
    this.map.say(`${nameOf(card)} moved: ${cell.dataset.name}`);
    await this.map.dragging.send(card);
    this.map.keys.focus(document.getElementById(id));
  }

  heading(words) {
    const heading = document.createElement("h4");
    heading.textContent = words;
    this.list.append(heading);
  }

  item(words, key, act) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = words;
    if (key) button.append(Object.assign(document.createElement("kbd"), { textContent: key }));
    button.addEventListener("click", () => {
      this.list.hidePopover();
      act();
    });
    this.list.append(button);
  }

  place(beside) {
    const box = beside.getBoundingClientRect();
    this.list.style.left = `${Math.max(8, Math.min(box.left, innerWidth - 260))}px`;
    this.list.style.top = `${Math.max(8, Math.min(box.bottom + 4, innerHeight - 340))}px`;
    this.list.showPopover();
    this.list.querySelector("button").focus();
  }
}
