// Presenting a map: phase by phase with the arrow keys, all of it with 0.
const map = document.querySelector(".map");
const phases = Number(map?.dataset.phases ?? 0);
let at = 0;

function show(number) {
  at = Math.max(0, Math.min(phases, number));
  map.toggleAttribute("data-at", at > 0);
  map.querySelectorAll("thead tr, tr.lane").forEach((row) => {
    [...row.children].slice(1).forEach((cell, index) => cell.toggleAttribute("data-here", index === at - 1));
  });
  map.querySelectorAll("thead .stage")[at - 1]?.scrollIntoView({ inline: "center", block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (event.metaKey || event.ctrlKey || event.altKey || !map) return;
  if (event.key === "ArrowRight" || event.key === "PageDown") show(at + 1);
  else if (event.key === "ArrowLeft" || event.key === "PageUp") show(at - 1);
  else if (event.key === "0") show(0);
  else if (event.key === "Escape" && !document.fullscreenElement) document.getElementById("back").click();
  else if (event.key.toLowerCase() === "f") document.documentElement.requestFullscreen?.();
  else return;
  event.preventDefault();
});
