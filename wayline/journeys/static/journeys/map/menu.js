// What can be done with a card, without dragging it: one pointer press or key is enough.
import { nameOf } from "./keys.js";

export class Menu {
  constructor(map) {
    this.map = map;
    this.list = document.getElementById("cardmenu");
    map.addEventListener("click", (event) => {
      const button = event.target.closest("[data-menu], [data-phase-menu]");
      if (button?.matches("[data-menu]")) this.open(button.closest(".card"), button);
      else if (button) this.ofPhase(button);
    });
    this.list.addEventListener("keydown", (event) => this.walk(event));
  }

  open(card, beside = card) {
    this.list.replaceChildren();
    const isStep = "stepCard" in card.dataset;
    this.item("Edit the words", "↵", () => this.map.editing.open(card));
    this.item("Open details", "P", () => this.map.panel.open(card));
    if (!isStep) {
      this.item("Choose", "X", () => this.map.chosen.toggle(card));
      this.item("Take off this map", "", () => this.map.sending.post(`../cards/${card.dataset.card}/remove/`));
    } else this.ofStep(card, beside);
    this.heading(isStep ? "Move to phase" : "Move to");
    for (const cell of this.map.querySelectorAll(`ul.cell[data-lane="${card.parentElement.dataset.lane}"]`)) {
      if (cell !== card.parentElement) this.item(cell.dataset.name, "", () => this.move(card, cell));
    }
    this.place(beside);
    return true;
  }

  ofStep(card, beside) {
    const { stepCard } = card.dataset;
    const flag = (name) => this.map.sending.post(`../steps/${stepCard}/flag/`, { flag: name });
    this.item("Add a card here …", "", () => this.lanesOf(stepCard, beside));
    this.item("Add a step to this phase", "N", () => this.map.editing.add(card.parentElement));
    const [isMoment, fails] = [card.matches(".mot"), card.querySelector(".failpt")];
    this.item(isMoment ? "No moment that matters" : "Moment that matters", "", () => flag("is_moment"));
    this.item(fails ? "No fail point" : "Fail point", "", () => flag("is_fail_point"));
    this.item("Delete this step", "", () => this.map.sending.post(`../steps/${stepCard}/take/`));
  }

  lanesOf(step, beside) {
    this.list.replaceChildren();
    this.heading("Add a card to");
    for (const cell of this.map.querySelectorAll(`ul.cell[data-step="${step}"]`)) {
      this.item(cell.closest("tr").querySelector(".lb").textContent.trim(), "", () => this.map.editing.add(cell));
    }
    if (this.list.querySelector("button")) this.place(beside);
  }

  ofPhase(button) {
    const { phaseMenu: phase } = button.dataset;
    const go = (places) => this.map.sending.post(`../phases/${phase}/place/`, { places });
    this.list.replaceChildren();
    this.item("Name, question, delete …", "", () => this.map.panel.openAt(`../phases/${phase}/`, button.id));
    this.item("Add a step", "", () => this.map.editing.add(document.getElementById(`steps-${phase}`)));
    this.item("Add a phase after it", "", () => this.map.panel.openAt(`phases/write/?after=${phase}`, button.id));
    this.item("Move earlier", "", () => go(-1));
    this.item("Move later", "", () => go(1));
    this.place(button);
  }

  walk(event) {
    const items = [...this.list.querySelectorAll("button")];
    const at = items.indexOf(document.activeElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    items.at(next % items.length)?.focus();
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
