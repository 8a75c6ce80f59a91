// Who else has the map open, and in which cell they are.
export class Presence {
  constructor(map) {
    this.map = map;
    this.people = [];
    map.addEventListener("focusin", (event) => {
      const cell = event.target.closest("ul.cell[id]");
      if (cell) this.at(cell.id);
    });
  }

  at(cell) {
    if (cell === this.cell) return;
    this.cell = cell;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.tell(), 150);
  }

  tell() {
    const body = new URLSearchParams({ tab: this.map.dataset.tab, at: this.cell });
    const headers = { "X-CSRFToken": document.body.dataset.csrf };
    fetch("presence/", { method: "POST", body, headers }).catch(() => {});
  }

  draw(people) {
    this.people = people;
    const byName = new Map(people.map((person) => [person.name, person]));
    document.getElementById("who").replaceChildren(...[...byName.values()].map(avatar));
    this.mark();
  }

  mark() {
    for (const cell of this.map.querySelectorAll(".cell[data-who]")) {
      delete cell.dataset.who;
      delete cell.dataset.p;
    }
    for (const person of this.people) {
      const cell = person.at && person.tab !== this.map.dataset.tab && document.getElementById(person.at);
      if (cell) Object.assign(cell.dataset, { who: person.name.split(" ")[0], p: person.color });
    }
  }
}

function avatar({ name, initials, color }) {
  const element = document.createElement("span");
  element.className = "av";
  element.dataset.p = color;
  element.textContent = initials;
  element.title = name;
  element.setAttribute("role", "img");
  element.setAttribute("aria-label", name);
  return element;
}
