"use strict";
(() => {
  const all = (query) => [...document.querySelectorAll(query)];
  const rows = all("table.sheet tbody tr");
  const buttons = all(".filter");
  const find = document.getElementById("find");
  const told = document.getElementById("shown");
  const words = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
  const apply = () => {
    const wanted = new Set(buttons.filter((b) => b.getAttribute("aria-pressed") === "true").map((b) => b.dataset.o));
    const text = find.value.trim().toLowerCase();
    let seen = 0;
    rows.forEach((row) => {
      row.hidden = !((!wanted.size || wanted.has(row.dataset.o)) && words.get(row).includes(text));
      seen += !row.hidden;
    });
    told.textContent = `${seen} of ${rows.length} rows`;
  };
  document.getElementById("filters").hidden = !rows.length;
  buttons.forEach((button) => button.addEventListener("click", () => {
    button.setAttribute("aria-pressed", button.getAttribute("aria-pressed") !== "true");
    apply();
  }));
  find.addEventListener("input", apply);
  apply();
})();
