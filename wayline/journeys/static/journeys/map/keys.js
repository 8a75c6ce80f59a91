// The map by keyboard: one tab stop, arrows from card to card, space lifts and drops.
import { isTyping, lettersAreOff } from "../../kit/js/shortcuts.js";

const CARDS = ".map .card a.open";
const STOPS = `${CARDS}, .map .cell.at:empty + a.add`;

export class Keys {
  constructor(map) {
    this.map = map;
    map.addEventListener("keydown", (event) => this.pressed(event));
    map.addEventListener("focusin", (event) => this.focused(event.target));
    document.addEventListener("keydown", (event) => this.anywhere(event));
  }

  links() {
    return [...this.map.querySelectorAll(".map .card a.open")].filter((link) => link.offsetParent);
  }

  rove() {
    const links = this.links();
    const current = links.find((link) => link === document.activeElement) ?? links.find((link) => link.id === "at");
    for (const link of links) link.tabIndex = link === (current ?? links[0]) ? 0 : -1;
  }

  focused(element) {
    if (!element.matches?.(".card a.open")) return;
    for (const link of this.links()) link.tabIndex = link === element ? 0 : -1;
  }

  focus(card) {
    const link = card?.matches(".add") ? card : card?.querySelector("a.open");
    if (link && link === card) reach(link);
    link?.focus();
    card?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  anywhere(event) {
    if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
    const key = event.key.toLowerCase();
    const isUndo = key === "z" && !event.altKey && this.map.mayEdit;
    if (isUndo && (event.metaKey || event.ctrlKey || !lettersAreOff())) {
      event.preventDefault();
      if (event.shiftKey) this.map.redo();
      else this.map.undo();
    } else if (event.key === "Escape") this.map.panel.close();
  }

  pressed(event) {
    const link = event.target.closest?.(STOPS);
    if (!link || event.metaKey || event.ctrlKey || event.altKey) return;
    const card = link.closest(".card") ?? link;
    const done = this.lifted === card ? this.carry(event, card) : this.walk(event, card);
    if (done) {
      event.preventDefault();
      event.stopPropagation();
    }
  }

  walk(event, card) {
    const moves = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1 };
    if (event.key in moves) return this.go(card, event.key, moves[event.key]);
    if (card.matches(".add")) return event.key.toLowerCase() === "n" && !lettersAreOff() && this.map.editing.add(cellOf(card));
    if (event.key === " " && this.map.mayEdit) return this.lift(card);
    if (event.key === "Enter" && this.map.mayEdit) return this.map.editing.open(card);
    if (lettersAreOff()) return false;
    const letter = event.key.toLowerCase();
    if (letter === "p") return this.map.panel.open(card);
    if (!this.map.mayEdit) return false;
    if (letter === "m" || event.key === ".") return this.map.menu.open(card);
    if (letter === "x") return this.map.chosen.toggle(card);
    if (letter === "n") return this.map.editing.add(card.parentElement);
    return false;
  }

  // Sideways to the nearest card of the lane, up and down through the phase and across lanes.
  go(card, key, by) {
    if (key === "ArrowUp" || key === "ArrowDown") {
      const column = columnOf(card);
      const stops = this.stops(this.map).filter((each) => columnOf(each) === column);
      this.focus(stops[stops.indexOf(card) + by]);
      return true;
    }
    const columns = [...card.closest("tr").children];
    let at = columns.indexOf(card.closest("td")) + by;
    while (columns[at] && !this.stops(columns[at]).length) at += by;
    this.focus(columns[at] && this.stops(columns[at])[0]);
    return true;
  }

  // Cards, and for those who may write the empty cells between them.
  stops(within) {
    const links = [...within.querySelectorAll(this.map.mayEdit ? STOPS : CARDS)];
    return links.map((link) => link.closest(".card") ?? link);
  }

  lift(card) {
    this.lifted = card;
    this.home = { cell: card.parentElement, next: card.nextElementSibling };
    this.release = this.map.freeze();
    card.classList.add("lifted");
    this.map.say(`${nameOf(card)} lifted. Arrows move it, space drops it, escape cancels.`);
    return true;
  }

  carry(event, card) {
    const cells = [...this.map.querySelectorAll(`ul.cell[data-lane="${card.parentElement.dataset.lane}"]`)];
    const at = cells.indexOf(card.parentElement);
    const sideways = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const upright = { ArrowUp: "previousElementSibling", ArrowDown: "nextElementSibling" }[event.key];
    if (sideways && cells[at + sideways]) {
      cells[at + sideways].append(card);
      this.map.say(`${nameOf(card)}: ${cells[at + sideways].dataset.name}`);
    } else if (upright && card[upright]) {
      if (event.key === "ArrowUp") card[upright].before(card);
      else card[upright].after(card);
      const cards = [...card.parentElement.querySelectorAll(".card")];
      this.map.say(`Position ${cards.indexOf(card) + 1} of ${cards.length}`);
    } else if (event.key === " " || event.key === "Enter") return this.drop(card);
    else if (event.key === "Escape") return this.cancel(card);
    this.focus(card);
    return /^(Arrow| )/.test(event.key);
  }

  drop(card) {
    const { id } = card;
    const isMoved = card.parentElement !== this.home.cell || card.nextElementSibling !== this.home.next;
    this.map.say(`${nameOf(card)} dropped, ${card.parentElement.dataset.name}.`);
    const sent = isMoved ? this.map.dragging.send(card, this.home) : Promise.resolve();
    this.letGo(card);
    sent.then(() => this.focus(document.getElementById(id)));
    return true;
  }

  cancel(card) {
    this.home.cell.insertBefore(card, this.home.next);
    this.letGo(card);
    this.focus(card);
    this.map.say("Move canceled.");
    return true;
  }

  letGo(card) {
    card.classList.remove("lifted");
    this.lifted = null;
    this.release();
  }
}

// What an empty cell offers is hidden until somebody comes to it.
function reach(add) {
  add.classList.add("reached");
  add.addEventListener("blur", () => add.classList.remove("reached"), { once: true });
}

export function cellOf(add) {
  return add.parentElement.querySelector(".cell");
}

function columnOf(card) {
  return card.closest("td")?.cellIndex;
}

export function nameOf(card) {
  return card.querySelector("a.open")?.textContent.trim() ?? "Card";
}
