// Short words about what just happened; they leave by themselves, or when clicked.
const STAYS_FOR = 6000;
const place = document.getElementById("toasts");

export function toast(words, { isError = false } = {}) {
  const element = document.createElement("div");
  element.className = isError ? "toast err" : "toast";
  element.dataset.toast = "";
  element.textContent = words;
  place?.append(element);
}

function leaveSoon(element) {
  let timer = setTimeout(() => element.remove(), STAYS_FOR);
  element.addEventListener("pointerenter", () => clearTimeout(timer));
  element.addEventListener("pointerleave", () => (timer = setTimeout(() => element.remove(), STAYS_FOR)));
  element.addEventListener("click", (event) => {
    if (!event.target.closest("a, button")) element.remove();
  });
}

// Of those that offer to undo only the latest stays: pressed on an older one, it would undo something else.
function came(element) {
  if ("latest" in element.dataset) {
    for (const other of place.querySelectorAll("[data-latest]")) if (other !== element) other.remove();
  }
  leaveSoon(element);
}

if (place) {
  place.querySelectorAll("[data-toast]").forEach(leaveSoon);
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) {
      for (const node of addedNodes) if (node.dataset && "toast" in node.dataset) came(node);
    }
  }).observe(place, { childList: true });
}
