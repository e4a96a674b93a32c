// Totals of the monthly grid while typing, Enter to go down a column, a question before leaving hours not saved.
// Without this file the grid works as well.
(() => {
  const grid = document.querySelector("[data-grille]");
  if (!grid) return;
  const cells = (row) => [...row.querySelectorAll("input.form-control")];
  const number = (text) => Number(text.replace(/[\s\u00a0\u202f]/g, "").replace(",", ".")) || 0;
  const print = (value) => value.toLocaleString("fr-FR", { maximumFractionDigits: 2 }) + "\u202fh";
  const add = (row) => {
    const total = row && row.querySelector("[data-total]");
    if (total) total.textContent = print(cells(row).reduce((sum, cell) => sum + number(cell.value), 0));
  };
  grid.addEventListener("input", (event) => add(event.target.closest("tr")));
  for (const row of grid.querySelectorAll("tbody tr")) if (cells(row).some((cell) => cell.value)) add(row);
  grid.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("input.form-control")) return;
    event.preventDefault(); // the first button of the form would otherwise be pressed
    const row = event.target.closest("tr");
    const next = row.nextElementSibling;
    if (next) cells(next)[cells(row).indexOf(event.target)].focus();
  });
  // « Répartir » and the other buttons of the grid keep what is typed; a link elsewhere would not.
  if (!grid.dataset.grille) return;
  let typed = grid.dataset.grille === "a-garder";
  grid.addEventListener("input", () => { typed = true; });
  grid.closest("form").addEventListener("submit", () => { typed = false; });
  window.addEventListener("beforeunload", (event) => { if (typed) event.preventDefault(); });
})();
