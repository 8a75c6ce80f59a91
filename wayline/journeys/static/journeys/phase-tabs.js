// The phases of a map as tabs: on phones one phase is shown at a time. Without scripts the links ask the server.
document.addEventListener("click", (event) => {
  const tab = event.target.closest?.("a[data-phase]");
  if (!tab || event.metaKey || event.ctrlKey) return;
  event.preventDefault();
  const map = tab.closest("table");
  const phase = Number(tab.dataset.phase);
  for (const other of map.querySelectorAll("a[data-phase]")) {
    if (other === tab) other.setAttribute("aria-current", "true");
    else other.removeAttribute("aria-current");
  }
  for (const row of map.querySelectorAll("tr.lane:not(.l-curve)")) {
    row.querySelectorAll("td").forEach((cell, index) => cell.toggleAttribute("data-on", index === phase - 1));
  }
  const curve = map.querySelector("[data-curve]");
  curve?.style.setProperty("--from", (phase - 1) / Number(map.dataset.phases));
  history.replaceState(null, "", tab.href);
  tab.scrollIntoView({ block: "nearest", inline: "center" });
});
