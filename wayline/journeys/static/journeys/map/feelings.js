// The feeling a team assumes, taken by its handle or moved by the arrow keys.
const REACH = 21.5; // of one point of feeling, in percent of the curve's height; kit/charts/curve.py says the same
const WORDS = ["Furious", "Frustrated", "Neutral", "Pleased", "Delighted"];

export class Feelings {
  constructor(map) {
    this.map = map;
    map.addEventListener("pointerdown", (event) => this.grab(event));
    map.addEventListener("keydown", (event) => this.pressed(event));
  }

  grab(event) {
    const handle = event.target.closest("[data-feeling]");
    if (!handle || event.button) return;
    event.preventDefault();
    handle.focus();
    handle.setPointerCapture(event.pointerId);
    handle.classList.add("held");
    const box = handle.closest(".feelings").getBoundingClientRect();
    const start = handle.getAttribute("aria-valuenow");
    const release = this.map.freeze();
    const move = ({ clientY }) => set(handle, (50 - ((clientY - box.top) / box.height) * 100) / REACH);
    const drop = () => {
      handle.removeEventListener("pointermove", move);
      handle.classList.remove("held");
      release();
      if (handle.getAttribute("aria-valuenow") !== start) this.send(handle);
    };
    handle.addEventListener("pointermove", move);
    handle.addEventListener("pointerup", drop, { once: true });
    handle.addEventListener("pointercancel", drop, { once: true });
  }

  pressed(event) {
    const handle = event.target.closest?.("[data-feeling]");
    const by = { ArrowUp: 0.1, ArrowRight: 0.1, ArrowDown: -0.1, ArrowLeft: -0.1, PageUp: 0.5, PageDown: -0.5 }[event.key];
    const takesAway = ["Delete", "Backspace"].includes(event.key);
    if (!handle || !(by || takesAway)) return;
    event.preventDefault();
    event.stopPropagation();
    clearTimeout(this.timer);
    if (takesAway) return void this.send(handle, "");
    set(handle, Number(handle.getAttribute("aria-valuenow")) + by);
    this.timer = setTimeout(() => this.send(handle), 450);
  }

  async send(handle, value) {
    const { feeling, version, persona = "" } = handle.dataset;
    const values = { assumed_feeling: value ?? handle.getAttribute("aria-valuenow"), seen: version, persona };
    await this.map.sending.post(`../steps/${feeling}/feel/`, values);
    await this.map.happened("curve");
    this.map.querySelector(`[data-feeling="${feeling}"]`)?.focus();
  }
}

function set(handle, said) {
  const value = Math.max(-2, Math.min(2, Math.round(said * 10) / 10));
  const word = WORDS[Math.max(-2, Math.min(2, Math.round(value))) + 2];
  handle.classList.remove("unset");
  handle.setAttribute("aria-valuenow", value);
  handle.setAttribute("aria-valuetext", `${word}, ${value}, assumed`);
  handle.title = `Assumed: ${word}, ${value}`;
  handle.style.top = `${50 - value * REACH}%`;
}
