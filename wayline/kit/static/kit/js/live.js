// A live stream that comes back by itself: after a break, after a refused start, and when a hidden tab is seen again.
// Messages are handed on one after another; while `hold` is a promise they wait for it. Where the server no longer lets us
// in, a message named "closed" says so, as the server says it to streams that are open.
const LONGEST_WAIT = 30_000;

export class LiveStream {
  constructor(address, { since = "", events = [], onMessage, onState }) {
    Object.assign(this, { address, events, onMessage, onState, last: since, waiting: [], tries: 0, hold: null });
    document.addEventListener("visibilitychange", () => (document.hidden ? this.close() : this.open()));
    addEventListener("online", () => this.open());
    if (!document.hidden) this.open();
  }

  open() {
    if (this.isOver || this.source?.readyState === EventSource.OPEN) return;
    this.close();
    const address = new URL(this.address, location.href);
    address.searchParams.set("since", this.last);
    this.source = new EventSource(address);
    this.source.addEventListener("open", () => {
      this.tries = 0;
      this.onState("on");
    });
    this.source.addEventListener("error", () => this.retry());
    for (const name of ["message", ...this.events]) {
      this.source.addEventListener(name, (event) => this.take(name, event));
    }
  }

  // The browser tries again after a break by itself, but never after a refusal such as 503.
  async retry() {
    if (this.isOver) return;
    this.onState("off");
    if (this.source?.readyState !== EventSource.CLOSED) return;
    clearTimeout(this.timer);
    if (await this.isShutOut()) return this.onMessage({ name: "closed", data: "" });
    const wait = Math.min(LONGEST_WAIT, 800 * 2 ** this.tries++) * (0.7 + Math.random() * 0.6);
    this.timer = setTimeout(() => this.open(), wait);
  }

  // A stream does not say why it was refused: asked once more as a page, whose answer has a status.
  async isShutOut() {
    const asked = new AbortController();
    const answer = await fetch(this.address, { signal: asked.signal }).catch(() => null);
    asked.abort();
    return Boolean(answer) && (answer.redirected || [401, 403, 404].includes(answer.status));
  }

  close() {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
  }

  end() {
    this.isOver = true;
    this.close();
    this.onState("over");
  }

  take(name, event) {
    if (event.data === undefined) return;
    this.waiting.push({ name, data: event.data, id: event.lastEventId });
    this.drain();
  }

  async drain() {
    if (this.isDraining) return;
    this.isDraining = true;
    while (this.waiting.length) {
      if (this.hold) await this.hold;
      const message = this.waiting.shift();
      await this.onMessage(message);
      // Only what has been shown counts as seen: whoever breaks off before gets it again.
      if (message.id) this.last = message.id;
    }
    this.isDraining = false;
  }
}
