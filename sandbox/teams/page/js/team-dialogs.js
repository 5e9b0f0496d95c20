// The questions before a team is changed: a name, a person, or only whether.

import { openDialog } from "./dialog.js";
import { h } from "./dom.js";

const FAILED = "That did not work. Please try again.";
const TYPES = [
  ["standard", "Standard: everybody of the team"],
  ["private", "Private: chosen people of the team"],
  ["shared", "Shared: also people outside the team"],
];

/** Asks for a name, and for a channel's type where `types` is true; `act(name, type)` answers a promise. */
export function askForName({ title, label, value = "", types = false, confirm, act }) {
  const input = h("input", { type: "text", value, required: true, maxlength: 50, autocomplete: "off" });
  const type = select(TYPES);
  openDialog({
    title,
    testId: "team-dialog",
    body: [field(label, input), types && field("Type", type)].filter(Boolean),
    confirm: { label: confirm, act: () => act(input.value.trim(), type.value) },
    failed: FAILED,
  });
  input.select();
}

/** Asks for one of these people; `act(person)` gets their id. */
export function askForPerson({ title, people, confirm, danger = false, act }) {
  const person = select(people.map(({ id, name }) => [id, name]));
  openDialog({
    title,
    testId: "team-dialog",
    body: [field("Person", person)],
    confirm: { label: confirm, danger, act: () => act(person.value) },
    failed: FAILED,
  });
}

/** Asks whether it shall be done; `hint` says what follows. */
export function askWhether({ title, hint, confirm, danger = false, act }) {
  openDialog({
    title,
    testId: "team-dialog",
    body: [h("p", { class: "hint" }, hint)],
    confirm: { label: confirm, danger, act },
    failed: FAILED,
  });
}

function select(options) {
  return h("select", {}, ...options.map(([value, text]) => h("option", { value }, text)));
}

function field(label, input) {
  return h("label", { class: "field" }, h("span", {}, label), input);
}
