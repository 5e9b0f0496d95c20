// A pop-up menu beside its button, with the keyboard habits of a menu.

import { h } from "./dom.js";

const GAP = 4;
let closeOpenMenu = () => {};

/** Opens `items` (elements with role menuitem…) under `anchor`; choosing one closes the menu. */
export function openMenu(anchor, items, { label, heading = null }) {
  closeOpenMenu();
  const menu = h("div", { class: "menu", role: "menu", "aria-label": label }, heading, ...items);
  const enabled = () => items.filter((item) => !item.disabled);

  const close = ({ returnFocus = true } = {}) => {
    closeOpenMenu = () => {};
    menu.remove();
    anchor.setAttribute("aria-expanded", "false");
    removeEventListener("pointerdown", onOutside, true);
    removeEventListener("resize", close);
    if (returnFocus) anchor.focus();
  };
  const onOutside = (event) => {
    if (!menu.contains(event.target) && !anchor.contains(event.target)) close({ returnFocus: false });
  };
  const onKey = (event) => {
    if (event.key === "Escape" || event.key === "Tab") return stop(event, close);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) return stop(event, () => focusBy(enabled(), step));
    if (event.key === "Home") return stop(event, () => enabled()[0]?.focus());
    if (event.key === "End") return stop(event, () => enabled().at(-1)?.focus());
  };

  menu.addEventListener("keydown", onKey);
  menu.addEventListener(
    "click",
    (event) => {
      if (event.target.closest("[role^=menuitem]:not(:disabled)")) close();
    },
    true,
  );
  document.body.append(menu);
  place(menu, anchor);
  anchor.setAttribute("aria-expanded", "true");
  addEventListener("pointerdown", onOutside, true);
  addEventListener("resize", close);
  closeOpenMenu = close;
  enabled()[0]?.focus();
}

/** Opens the menu, or closes it when the same button opened it. */
export function toggleMenu(anchor, items, options) {
  if (anchor.getAttribute("aria-expanded") === "true") closeOpenMenu();
  else openMenu(anchor, items, options);
}

function stop(event, act) {
  event.preventDefault();
  event.stopPropagation();
  act();
}

function focusBy(items, step) {
  const index = items.indexOf(document.activeElement);
  items.at((index + step + items.length) % items.length)?.focus();
}

/** Under the anchor where there is room, above it otherwise, and always inside the window. */
function place(menu, anchor) {
  const at = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  const below = at.bottom + GAP + height <= innerHeight;
  const left = Math.min(at.left, innerWidth - width - 2 * GAP);
  menu.style.left = `${Math.max(2 * GAP, left)}px`;
  menu.style.top = `${Math.max(2 * GAP, below ? at.bottom + GAP : at.top - GAP - height)}px`;
}
