// Words written on the map itself. What is half written survives whatever happens to the card meanwhile.
import { toast } from "../../kit/js/toasts.js";
import { nameOf } from "./keys.js";

let written = 0;

export class Editing {
  constructor(map) {
    this.map = map;
    this.draft = null;
    this.saving = null; // the draft that is on its way; another may be begun meanwhile
    this.failed = []; // those that could not be saved while another was being written
    if (!map.mayEdit) return;
    map.addEventListener("dblclick", (event) => {
      const card = event.target.closest(".card:has(a.open)");
      if (card && !event.target.closest("button")) this.open(card);
    });
    map.addEventListener("keydown", (event) => this.pressed(event));
    map.addEventListener("focusout", (event) => this.left(event));
    map.addEventListener("input", (event) => this.draft && event.target === this.box && (this.draft.text = this.box.value));
    addEventListener("beforeunload", (event) => this.isUnsaved && event.preventDefault());
  }

  get isUnsaved() {
    const text = this.draft?.text.trim();
    return this.failed.length > 0 || (Boolean(text) && text !== this.draft.was);
  }

  get isSaving() {
    return this.saving !== null && this.saving === this.draft;
  }

  // A card's words; `text` and `seen` are given when a draft comes back to its card.
  open(card, text = nameOf(card), seen = card.dataset.said ?? card.dataset.version) {
    this.map.panel.wait();
    const isStep = "stepCard" in card.dataset;
    const address = isStep ? `../steps/${card.dataset.stepCard}/retitle/` : `../cards/${card.dataset.card}/rename/`;
    this.draft = { id: card.id, text, seen, was: nameOf(card), address };
    this.show(card);
    return true;
  }

  // A new card in a cell: nothing is sent before there are words.
  add(cell) {
    const card = document.createElement("li");
    card.className = "card";
    card.id = `card-new-${++written}`;
    card.dataset.cell = cell.id;
    cell.append(card);
    const { phase, step, lane } = cell.dataset;
    const made = phase ? { address: `../phases/${phase}/steps/write/` } : { address: "cards/add/", more: { step, lane } };
    this.draft = { id: card.id, cell: cell.id, text: "", was: "", ...made };
    this.show(card);
    return true;
  }

  show(card) {
    if (card.contains(this.box)) this.box.remove();
    else this.uncover();
    // Shields the card from messages; taken away before saving, or our own answer would be kept out too.
    card.setAttribute("hx-morph-skip", "");
    card.classList.add("editing");
    const box = document.createElement("textarea");
    box.value = this.draft.text;
    box.maxLength = "stepCard" in card.dataset ? 200 : 300;
    const what = this.draft.cell && !this.draft.more ? "step" : "card";
    box.setAttribute("aria-label", this.draft.was ? `Words of ${this.draft.was}` : `Words of the new ${what}`);
    if (what === "step") box.placeholder = "I …, as the customer says it";
    for (const child of card.children) child.hidden = true;
    card.append(box);
    this.box = box;
    box.focus();
    box.select();
  }

  pressed(event) {
    if (event.target !== this.box || !this.draft) return;
    event.stopPropagation();
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.save();
    } else if (event.key === "Escape") {
      event.preventDefault();
      const { id } = this.draft;
      this.close();
      this.map.keys.focus(document.getElementById(id));
    }
  }

  left(event) {
    const { box } = this;
    if (event.target !== box || !this.draft || this.draft.isRefused || this.isSaving) return;
    // A card that is drawn anew elsewhere loses the focus too; only when its editor stays did the person leave.
    setTimeout(() => {
      const hasLeft = this.box === box && box.isConnected && document.activeElement !== box && !this.isSaving;
      if (hasLeft && this.draft) this.save({ keepsFocus: false });
    });
  }

  async save({ keepsFocus = true } = {}) {
    const draft = { ...this.draft, text: this.box.value.trim() };
    if (!draft.text || draft.text === draft.was) return this.finish(draft, keepsFocus);
    // Many lines, or cells of a spreadsheet: pasted into a new card they become cards.
    const isBlock = draft.more && /[\t\n]/.test(draft.text);
    const address = isBlock ? "cards/paste/" : draft.address;
    const values = { ...draft.more, [isBlock ? "text" : "title"]: this.box.value, seen: draft.seen ?? "" };
    const begun = (this.saving = this.draft);
    this.box.closest(".card")?.removeAttribute("hx-morph-skip");
    const { ok, status } = (await this.map.sending.post(address, values)) ?? {};
    const isAlone = this.draft === begun;
    if (this.saving === begun) this.saving = null;
    if (isAlone && ok) this.finish(draft, keepsFocus);
    else if (isAlone) this.again(draft, status);
    else if (!ok && this.draft) this.failed.push(draft);
    else if (!ok) this.again(draft, status);
  }

  // Not saved: the words stay in the editor, beside what the card now says.
  again(draft, status) {
    // Whoever lost the right may leave the words without sending them again and again, and copy them.
    this.draft = { ...draft, isRefused: status === 403 || status === 404 };
    const card = document.getElementById(draft.id);
    if (status === 409 && card && !draft.cell) this.draft.seen = card.dataset.said ?? card.dataset.version;
    this.survive(true);
  }

  finish(draft, keepsFocus) {
    this.close();
    if (!keepsFocus) return;
    const added = draft.cell && document.getElementById(draft.cell)?.querySelector(".card:last-of-type");
    this.map.keys.focus(added || document.getElementById(draft.id));
  }

  close() {
    this.draft = null;
    this.uncover();
    setTimeout(() => !this.draft && this.failed.length && this.again(this.failed.shift()));
  }

  // The editor goes, and its card shows its words again.
  uncover() {
    const card = this.box?.closest(".card");
    this.box?.remove();
    this.box = null;
    if (card?.dataset.cell) card.remove();
    else if (card) {
      card.removeAttribute("hx-morph-skip");
      card.classList.remove("editing");
      for (const child of card.children) child.hidden = false;
    }
  }

  // After every swap: an editor whose card was moved or drawn anew opens again with what was written.
  survive(isForced = false) {
    if (!this.draft || this.isSaving || (!isForced && this.box?.isConnected)) return;
    const card = document.getElementById(this.draft.id);
    if (card) this.show(card);
    else if (this.draft.cell && document.getElementById(this.draft.cell)) this.back();
    else this.lost();
  }

  back() {
    const { text } = this.draft;
    this.add(document.getElementById(this.draft.cell));
    this.draft.text = this.box.value = text;
  }

  lost() {
    toast(`The card is gone. You had written: “${this.draft.text}”`, { isError: true });
    this.draft = null;
  }
}
