// Short messages at the edge of the window.

import { h, icon } from "./dom.js";

const SHOWN_MS = 7000;

/** Shows `text` for a while, or until it is closed. */
export function toast(text) {
  const element = h(
    "div",
    { class: "toast", "data-testid": "toast" },
    h("span", { class: "toast-text" }, text),
    h(
      "button",
      { type: "button", class: "plain-button", "aria-label": "Close", onclick: () => element.remove() },
      icon("close", 16),
    ),
  );
  document.getElementById("toasts").append(element);
  setTimeout(() => element.remove(), SHOWN_MS);
}
