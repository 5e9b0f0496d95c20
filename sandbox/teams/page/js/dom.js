// Elements built from values. Text always becomes a text node, so nothing said by anyone is parsed as HTML.

/** An element with attributes, `on…` listeners and children; null, undefined and false children are left out. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...present(children));
  return element;
}

/** Puts `children` in place of everything in `element`. */
export function fill(element, ...children) {
  element.replaceChildren(...present(children));
}

/** One of the drawings in icons.svg. */
export function icon(name, size = 20) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `/page/static/icons.svg#${name}`);
  svg.setAttribute("class", "icon");
  svg.setAttribute("width", size);
  svg.setAttribute("height", size);
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

function present(children) {
  return children.flat().filter((child) => child !== null && child !== undefined && child !== false);
}
