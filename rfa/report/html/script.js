"use strict";
(() => {
  const all = (query, root = document) => [...root.querySelectorAll(query)];
  const statements = all(".statement");
  const nodes = all(".node");

  const byId = new Map(statements.map((one) => [one.dataset.id, one]));
  const light = (id) => {
    nodes.forEach((node) => node.classList.toggle("chosen", node.dataset.id === id));
    all(".arrow").forEach((a) => a.classList.toggle("near", a.dataset.from === id || a.dataset.to === id));
  };
  const open = (id) => {
    const one = byId.get(id);
    if (!one) return;
    one.hidden = false;
    one.open = true;
    light(id);
    const body = one.querySelector(".body");
    body.focus({ preventScroll: true });
    one.scrollIntoView({ block: "start" });
    history.replaceState(null, "", "#" + body.id);
  };
  nodes.forEach((node) => {
    node.addEventListener("click", (event) => { event.preventDefault(); open(node.dataset.id); });
    for (const kind of ["focus", "mouseenter"]) node.addEventListener(kind, () => light(node.dataset.id));
  });
  all("main a[href^='#']:not(.node)").forEach((link) => link.addEventListener("click", (event) => {
    const target = document.getElementById(decodeURIComponent(link.hash.slice(1)));
    const home = target && target.closest(".statement");
    if (home) { event.preventDefault(); open(home.dataset.id); }
  }));

  const centre = (node) => { const b = node.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; };
  const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const nearest = (node, [dx, dy]) => {
    const [x, y] = centre(node);
    const far = (other) => {
      const [u, v] = centre(other);
      const along = (u - x) * dx + (v - y) * dy;
      const aside = Math.abs((u - x) * dy) + Math.abs((v - y) * dx);
      return along < 5 || (dx && aside > 30) ? Infinity : along + 2 * aside;
    };
    const graph = all(".node", node.closest(".graph")).filter((other) => other !== node);
    const best = graph.reduce((a, b) => (far(b) < far(a) ? b : a), node);
    return best !== node && far(best) < Infinity ? best : node;
  };
  nodes.forEach((node) => node.addEventListener("keydown", (event) => {
    if (event.key in steps) { event.preventDefault(); nearest(node, steps[event.key]).focus(); }
    if (event.key === " ") { event.preventDefault(); open(node.dataset.id); }
  }));

  const bar = document.getElementById("filters");
  const find = document.getElementById("find");
  const told = document.getElementById("shown");
  const buttons = all(".filter");
  bar.hidden = false;
  const apply = () => {
    const wanted = new Set(buttons.filter((b) => b.getAttribute("aria-pressed") === "true").map((b) => b.dataset.o));
    const text = find.value.trim().toLowerCase();
    const fits = (o) => !wanted.size || wanted.has(o);
    const count = { rows: 0, statements: 0 };
    statements.forEach((one) => {
      const own = one.dataset.id.toLowerCase().startsWith(text);
      let seen = 0;
      all("tr[data-o]", one).forEach((row) => {
        const ok = fits(row.dataset.o) && (own || row.dataset.id.toLowerCase().includes(text));
        row.hidden = !ok;
        seen += ok;
      });
      all("table.rows", one).forEach((table) => { table.hidden = !table.querySelector("tr[data-o]:not([hidden])"); });
      one.hidden = !(seen || (own && fits(one.dataset.o)));
      count.rows += one.hidden ? 0 : seen;
      count.statements += !one.hidden;
      if (text && !own && seen) one.open = true;
      nodes.filter((node) => node.dataset.id === one.dataset.id).forEach((node) => node.classList.toggle("out", one.hidden));
    });
    told.textContent = `${count.statements} of ${statements.length} statements, ${count.rows} claims and links`;
  };
  buttons.forEach((button) => button.addEventListener("click", () => {
    button.setAttribute("aria-pressed", button.getAttribute("aria-pressed") !== "true");
    apply();
  }));
  find.addEventListener("input", apply);
  apply();

  const every = document.getElementById("all");
  every.addEventListener("click", () => {
    const opening = statements.some((one) => !one.hidden && !one.open);
    statements.forEach((one) => { one.open = opening; });
    every.textContent = opening ? "Close all" : "Open all";
  });
  addEventListener("beforeprint", () => statements.forEach((one) => { one.open = true; }));
  addEventListener("hashchange", () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const home = target && target.closest(".statement");
    if (home) open(home.dataset.id);
  });
  if (location.hash) dispatchEvent(new Event("hashchange"));
})();
