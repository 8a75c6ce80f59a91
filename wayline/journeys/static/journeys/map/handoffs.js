// Handoffs drawn as arrows over the blueprint: the table below the map says the same without a script.
const SPACE = "http://www.w3.org/2000/svg";

export class Handoffs {
  constructor(map) {
    this.map = map;
    this.watcher = new ResizeObserver(() => this.draw());
  }

  refresh() {
    const table = this.map.querySelector("table.map");
    this.watcher.disconnect();
    if (table) this.watcher.observe(table);
    this.draw();
  }

  draw() {
    const table = this.map.querySelector("table.map");
    const rows = this.map.querySelectorAll("[data-handoffs] tr[data-from]");
    this.map.querySelector(".arrows")?.remove();
    if (!table || !rows.length || !matchMedia("(min-width: 44rem)").matches) return;
    const box = table.getBoundingClientRect();
    const layer = make("svg", { class: "arrows", width: box.width, height: box.height, "aria-hidden": "true" });
    layer.append(tip());
    for (const row of rows) {
      const ends = [row.dataset.from, row.dataset.to].map((id) => document.getElementById(id)?.getBoundingClientRect());
      if (ends.every(Boolean)) layer.append(arrow(ends, box, row));
    }
    table.parentElement.append(layer);
  }
}

function make(name, attributes) {
  const made = document.createElementNS(SPACE, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function tip() {
  const marker = make("marker", { id: "tip", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto" });
  marker.append(make("path", { d: "M0 0L8 4L0 8Z" }));
  return marker;
}

// From the edge that looks at the other card, so that no arrow lies over the words of its own ends.
function arrow([from, to], box, row) {
  const isBeside = to.top < from.bottom && to.bottom > from.top;
  const isBelow = to.top >= from.bottom;
  const isRight = to.left >= from.left;
  const start = isBeside
    ? [isRight ? from.right : from.left, from.top + from.height / 2]
    : [from.left + from.width / 2, isBelow ? from.bottom : from.top];
  const end = isBeside
    ? [isRight ? to.left : to.right, to.top + to.height / 2]
    : [to.left + to.width / 2, isBelow ? to.top : to.bottom];
  const [x0, y0, x1, y1] = [start[0] - box.left, start[1] - box.top, end[0] - box.left, end[1] - box.top];
  const group = make("g", { class: "late" in row.dataset ? "late" : "" });
  const [xm, ym] = [(x0 + x1) / 2, (y0 + y1) / 2];
  const bend = isBeside ? `C${xm} ${y0} ${xm} ${y1}` : `C${x0} ${ym} ${x1} ${ym}`;
  group.append(make("path", { d: `M${x0} ${y0}${bend} ${x1} ${y1}`, "marker-end": "url(#tip)" }));
  if (row.dataset.words) {
    // Between two cards of a row there is no room for words: they stand above them, not over what the cards say.
    const above = Math.min(from.top, to.top) - box.top - 3;
    const words = make("text", { x: xm, y: isBeside ? above : ym, "text-anchor": "middle" });
    words.textContent = row.dataset.words;
    group.append(words);
  }
  return group;
}
