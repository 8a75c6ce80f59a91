// Keys for the whole product. Single letters can be switched off in the list that “?” opens.
import { openPalette } from "./palette.js";

const CHAIN_MS = 900;
const SWITCHED_OFF = "single-letters-off";
let chainStartedAt = 0;

export function isTyping(element) {
  return Boolean(element.closest?.("input, textarea, select, [contenteditable=true]"));
}

export function lettersAreOff() {
  return localStorage.getItem(SWITCHED_OFF) === "yes";
}

function places() {
  return [...document.querySelectorAll(".nav ul a[href]")].map((link) => ({
    letter: link.textContent.trim()[0]?.toLowerCase(),
    words: link.textContent.trim(),
    link,
  }));
}

function row(keys, words) {
  const line = document.createElement("li");
  const term = document.createElement("span");
  term.textContent = words;
  line.append(term);
  for (const key of keys) {
    const cap = document.createElement("kbd");
    cap.textContent = key;
    line.append(cap);
  }
  return line;
}

// What a page adds: data-keys="Lift a card, and drop it: Space; Write on it: Enter".
function ownKeys() {
  const told = document.querySelector("[data-keys]")?.dataset.keys ?? "";
  return told.split(";").filter(Boolean).map((each) => each.split(":").map((part) => part.trim()));
}

function showList() {
  let dialog = document.getElementById("shortcuts");
  if (!dialog) {
    dialog = document.createElement("dialog");
    dialog.id = "shortcuts";
    dialog.className = "dialog";
    dialog.setAttribute("aria-labelledby", "shortcuts-title");
    dialog.innerHTML =
      '<h2 id="shortcuts-title">Keyboard shortcuts</h2><ul class="keys"></ul>' +
      '<label class="check"><input type="checkbox">Use single letters as shortcuts</label>' +
      '<form method="dialog"><button class="btn">Close</button></form>';
    document.body.append(dialog);
    const list = dialog.querySelector("ul");
    list.append(row(["⌘K"], "Search"), row(["/"], "Search"), row(["?"], "This list"), row(["Esc"], "Close what is on top"));
    for (const [words, keys] of ownKeys()) list.append(row(keys.split(" "), words));
    const seen = new Set();
    for (const { letter, words } of places()) {
      if (letter && !seen.has(letter)) list.append(row(["G", letter.toUpperCase()], words));
      seen.add(letter);
    }
    const box = dialog.querySelector("input");
    box.checked = !lettersAreOff();
    box.addEventListener("change", () => localStorage.setItem(SWITCHED_OFF, box.checked ? "no" : "yes"));
  }
  if (!dialog.open) dialog.showModal();
}

document.addEventListener("keydown", (event) => {
  const key = event.key.toLowerCase();
  if ((event.metaKey || event.ctrlKey) && key === "k") {
    event.preventDefault();
    return openPalette();
  }
  if (event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target)) return;
  if (key === "?") return showList();
  if (lettersAreOff() || document.querySelector("dialog[open]")) return;
  if (Date.now() - chainStartedAt < CHAIN_MS) {
    chainStartedAt = 0;
    places().find(({ letter }) => letter === key)?.link.click();
  } else if (key === "g") {
    chainStartedAt = Date.now();
  } else if (key === "/") {
    event.preventDefault();
    openPalette();
  }
});
