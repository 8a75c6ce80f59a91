// Cards and steps by pointer or finger. Without a drag the same is done by the keyboard and by the menu.
import "../../kit/vendor/sortable-1.15.7.min.js";

export class Dragging {
  constructor(map) {
    this.map = map;
  }

  attach() {
    for (const cell of this.map.querySelectorAll("ul.cell[data-lane]")) {
      if (!cell.sortable) cell.sortable = this.sortable(cell);
    }
  }

  sortable(cell) {
    const isStep = cell.dataset.lane === "step";
    return window.Sortable.create(cell, {
      group: isStep ? "steps" : "cards",
      draggable: ".card:not(.editing)",
      filter: ".more, textarea, .bindit",
      preventOnFilter: false,
      animation: 140,
      forceFallback: true,
      fallbackOnBody: true,
      fallbackTolerance: 4,
      delay: 180,
      delayOnTouchOnly: true,
      scroll: true,
      scrollSensitivity: 60,
      emptyInsertThreshold: 12,
      onStart: ({ item, from }) => {
        this.home = { cell: from, next: item.nextElementSibling };
        this.release = this.map.freeze();
      },
      onEnd: (event) => this.dropped(event),
    });
  }

  async dropped({ item, from, to, oldDraggableIndex, newDraggableIndex }) {
    // A click follows the release of the pointer and must not open what was only moved.
    this.justDropped = true;
    setTimeout(() => (this.justDropped = false), 50);
    const isMoved = from !== to || oldDraggableIndex !== newDraggableIndex;
    // Sent before the messages go on: what others did meanwhile must not put the card back first.
    const sent = isMoved ? this.send(item, this.home) : null;
    this.release?.();
    await sent;
  }

  // Where the element now stands is what the person wants; where nobody could be asked it goes back home.
  async send(item, home) {
    const cell = item.parentElement;
    const isStep = "stepCard" in item.dataset;
    const next = nextCard(item);
    const values = { seen: item.dataset.version };
    if (isStep) Object.assign(values, { phase: cell.dataset.phase, before: next?.dataset.stepCard ?? "" });
    else Object.assign(values, { step: cell.dataset.step, lane: cell.dataset.lane, before: next?.dataset.card ?? "" });
    const address = isStep ? `../steps/${item.dataset.stepCard}/place/` : `../cards/${item.dataset.card}/move/`;
    const { ok, status } = (await this.map.sending.post(address, values)) ?? {};
    if (status === 0) home.cell.insertBefore(item, home.next);
    else if (!ok && (isStep || status !== 409)) await this.map.happened("reload");
    return ok;
  }
}

function nextCard(item) {
  let next = item.nextElementSibling;
  while (next && !next.matches(".card")) next = next.nextElementSibling;
  return next;
}
