// What assistive technology needs and the libraries leave out.

(() => {
  const name = () => {
    // ipywidgets 8 gives the handle of a slider no name (seen 2026-11).
    for (const handle of document.querySelectorAll(".noUi-handle:not([aria-label])")) {
      const label = handle.closest(".jupyter-widgets")?.querySelector(".widget-label");
      if (label) handle.setAttribute("aria-label", label.textContent.trim());
    }
  };
  // A box that scrolls must be reached by the keyboard.
  const reach = () => {
    for (const box of document.querySelectorAll("div.cell_output div[style*='overflow']")) {
      if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    }
  };
  // The box of a task is named by its text.
  const check = () => {
    for (const box of document.querySelectorAll("input.task-list-item-checkbox:not([aria-label])")) {
      box.setAttribute("aria-label", box.closest("li").textContent.trim());
    }
  };
  // Sphinx 7 leaves numbers out of what is searched for; here they are codes of errors, such as 30034.
  const search = () => {
    if (typeof Search === "undefined") return;
    const parse = Search._parseQuery;
    Search._parseQuery = (query) => {
      const parsed = parse(query);
      for (const [number] of query.matchAll(/\b\d+\b/g)) {
        parsed[1].add(number);
        parsed[3].add(number);
      }
      return parsed;
    };
  };
  document.addEventListener("DOMContentLoaded", () => {
    search();
    check();
    reach();
    addEventListener("resize", reach);
    if (!document.querySelector("script[type='application/vnd.jupyter.widget-view+json']")) return;
    const drawn = new MutationObserver(name);
    drawn.observe(document.querySelector("article"), { childList: true, subtree: true });
  });
})();
