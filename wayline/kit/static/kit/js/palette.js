// The command palette: ask the search page, walk through its links with the arrow keys, open one with Enter.
const dialog = document.getElementById("palette");
const question = document.getElementById("palette-question");
const answers = document.getElementById("palette-answers");

export function openPalette() {
  if (!dialog) return;
  if (!dialog.open) dialog.showModal();
  question.value = "";
  htmx.trigger(question, "palette:open");
  question.focus();
}

function options() {
  return [...answers.querySelectorAll("a[href]")];
}

function choose(step) {
  const all = options();
  if (!all.length) return question.removeAttribute("aria-activedescendant");
  const current = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
  const next = step === 0 ? 0 : (current + step + all.length) % all.length;
  all.forEach((option, index) => option.setAttribute("aria-selected", index === next));
  all[next].scrollIntoView({ block: "nearest" });
  question.setAttribute("aria-activedescendant", all[next].id);
}

// The answer is plain HTML with links; as long as the palette shows it, they are a list box's options.
function dress() {
  const all = options();
  answers.setAttribute("role", all.length ? "listbox" : "status");
  answers.setAttribute("aria-label", "Results");
  if (all.length) {
    for (const element of answers.querySelectorAll("ul, ol, li, div")) element.setAttribute("role", "presentation");
    for (const element of answers.querySelectorAll("section")) element.setAttribute("role", "group");
    for (const heading of answers.querySelectorAll("h1, h2, h3, h4")) heading.setAttribute("aria-hidden", "true");
  }
  all.forEach((option, index) => {
    option.id = `palette-option-${index}`;
    option.setAttribute("role", "option");
    option.tabIndex = -1;
  });
  choose(0);
}

if (dialog) {
  document.addEventListener("htmx:after:swap", () => dialog.open && dress());
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-palette]");
    if (opener && !event.metaKey && !event.ctrlKey) {
      event.preventDefault();
      openPalette();
    }
    if (event.target === dialog) dialog.close();
  });
  question.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) choose(step);
    else if (event.key === "Enter") answers.querySelector('[aria-selected="true"]')?.click();
    else return;
    event.preventDefault();
  });
}
