// <local-time><time datetime="…">6 Nov 2026, 14:05 UTC</time></local-time>: the same moment in the reader's zone.
const STYLES = {
  moment: { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" },
  day: { day: "numeric", month: "short", year: "numeric" },
  time: { hour: "2-digit", minute: "2-digit" },
};

customElements.define(
  "local-time",
  class extends HTMLElement {
    connectedCallback() {
      const time = this.querySelector("time[datetime]");
      const moment = new Date(time?.dateTime);
      if (Number.isNaN(moment.getTime())) return;
      if (!time.title) time.title = time.textContent.trim();
      const style = STYLES[this.getAttribute("show")] ?? STYLES.moment;
      time.textContent = new Intl.DateTimeFormat(document.documentElement.lang || undefined, style).format(moment);
    }
  },
);
