// Light and dark: the system's choice until a person chooses; the choice is a cookie the server reads.
const root = document.documentElement;
const system = matchMedia("(prefers-color-scheme: dark)");

export function switchTheme() {
  const isDark = root.dataset.theme ? root.dataset.theme === "dark" : system.matches;
  root.dataset.theme = isDark ? "light" : "dark";
  document.cookie = `theme=${root.dataset.theme};path=/;max-age=31536000;samesite=lax`;
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-theme-switch]")) switchTheme();
});
