// <x-plot>: a crosshair and arrow-key reading over a chart the server has drawn; the words come from its own table.
customElements.define(
  "x-plot",
  class extends HTMLElement {
    connectedCallback() {
      this.plot = this.querySelector(".plot");
      this.cross = this.querySelector(".cross");
      this.rows = [...this.querySelectorAll("tbody tr")];
      this.at = this.rows.length;
      if (!this.plot || !this.cross || !this.rows.length) return;
      this.cross.setAttribute("role", "status");
      this.plot.addEventListener("pointermove", (event) => this.point(event));
      this.plot.addEventListener("pointerleave", () => this.leave());
      this.plot.addEventListener("blur", () => this.leave());
      this.plot.addEventListener("keydown", (event) => this.step(event));
    }

    show(index) {
      this.at = Math.max(0, Math.min(this.rows.length - 1, index));
      const row = this.rows[this.at];
      const [title, , interval, n] = [...row.cells].map((cell) => cell.textContent.trim());
      this.cross.hidden = false;
      this.cross.style.left = `${row.dataset.left}%`;
      this.cross.classList.toggle("flip", Number(row.dataset.left) > 60);
      this.cross.firstElementChild.textContent = `${title}: ${row.dataset.shown} (${interval}), n ${n}`;
    }

    leave() {
      this.cross.hidden = true;
    }

    point(event) {
      const box = this.plot.getBoundingClientRect();
      this.show(Math.round(((event.clientX - box.left) / box.width) * (this.rows.length - 1)));
    }

    step(event) {
      const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!by) return;
      event.preventDefault();
      this.show(this.at + by);
    }
  },
);
