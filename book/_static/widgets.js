// Fetch what draws the widgets, 1.9 MB, when the reader comes near one.

(() => {
  const embed = new URL("vendor/widgets/embed.js", document.currentScript.src).href;

  const fetch = () => {
    const script = document.createElement("script");
    // It waits for the page's load event, which is over by then: it is called at once instead.
    window.addEventListener = (type, run, ...rest) =>
      type === "load" ? queueMicrotask(run) : EventTarget.prototype.addEventListener.call(window, type, run, ...rest);
    script.addEventListener("load", () => delete window.addEventListener);
    script.src = embed;
    document.head.append(script);
  };

  document.addEventListener("DOMContentLoaded", () => {
    const near = new IntersectionObserver(
      (places) => {
        if (!places.some((place) => place.isIntersecting)) return;
        near.disconnect();
        fetch();
      },
      { rootMargin: "1000px" },
    );
    const views = "script[type='application/vnd.jupyter.widget-view+json']";
    for (const view of document.querySelectorAll(views)) near.observe(view.parentElement);
  });
})();
