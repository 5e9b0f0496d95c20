// A dialog over the page: a question, and two ways out of it. The browser keeps the keyboard inside and gives the
// focus back; Escape is the way out that changes nothing.

import { h } from "./dom.js";

/**
 * Opens a dialog. `body` are its elements; `confirm` is {label, danger, act}, where `act()` answers a promise: the
 * dialog stays until it is kept, and shows `failed` where it is broken.
 */
export function openDialog({ title, testId, body, confirm, failed }) {
  const problem = h("p", { class: "dialog-problem", role: "alert", hidden: true }, failed);
  const button = h(
    "button",
    { type: "submit", class: confirm.danger ? "button danger" : "button primary" },
    confirm.label,
  );
  const dialog = h(
    "dialog",
    { class: "dialog", "aria-labelledby": "dialog-title", "data-testid": testId, onclose: () => dialog.remove() },
    h(
      "form",
      { method: "dialog", onsubmit: (event) => submit(event) },
      h("h2", { id: "dialog-title" }, title),
      ...body,
      problem,
      h(
        "footer",
        {},
        h("button", { type: "button", class: "button", onclick: () => dialog.close() }, "Cancel"),
        button,
      ),
    ),
  );
  async function submit(event) {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    problem.hidden = true;
    try {
      await confirm.act();
      dialog.close();
    } catch {
      button.disabled = false;
      problem.hidden = false;
    }
  }
  document.body.append(dialog);
  dialog.showModal();
}
