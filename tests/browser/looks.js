// Mark one or two texts of every look: the contrast of a text follows from its colours, its size and
// what it stands on, so the thousand others that share them need not be measured.
(perLook) => {
  const grounds = new Map();
  const ground = (element) => {
    if (!element) return "";
    if (!grounds.has(element)) {
      const style = getComputedStyle(element);
      const own = [style.backgroundColor, style.backgroundImage, style.opacity, style.filter];
      const opaque = /^rgb\(/.test(own[0]) && own[1] === "none" && own[2] === "1";
      grounds.set(element, own.join() + (opaque ? "" : "|" + ground(element.parentElement)));
    }
    return grounds.get(element);
  };
  const seen = new Map();
  for (const element of document.body.querySelectorAll("*")) {
    element.removeAttribute("data-look");
    const speaks =
      element.matches("input, select, textarea") ||
      [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!speaks || !element.checkVisibility({ visibilityProperty: true })) continue;
    const style = getComputedStyle(element);
    const look = [style.color, style.fill, style.fontSize, style.fontWeight, ground(element)].join();
    const count = seen.get(look) || 0;
    if (count < perLook) element.setAttribute("data-look", "");
    seen.set(look, count + 1);
  }
  return seen.size;
}
