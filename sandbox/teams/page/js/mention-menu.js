// The menu that `@` opens in a box to write in: whom the message can mention. The box keeps the keyboard's focus.

import { senderAvatar } from "./avatar.js";
import { fill, h } from "./dom.js";

const BEING_TYPED = /(?:^|[\s(])@([^@\n]*)$/;
const SHOWN = 8;
let menus = 0;

export class MentionMenu {
  #box;
  #members;
  #inserted;
  #id = `mentions-${++menus}`;
  #found = [];
  #active = 0;

  /** `members()` answers whom one can mention; `inserted()` hears that the box's text has changed. */
  constructor(box, { members, inserted }) {
    this.#box = box;
    this.#members = members;
    this.#inserted = inserted;
    this.element = h("ul", {
      id: this.#id,
      class: "mention-menu",
      role: "listbox",
      "aria-label": "Mention",
      "data-testid": "mention-menu",
      hidden: true,
    });
    const attributes = { role: "combobox", "aria-autocomplete": "list", "aria-controls": this.#id };
    for (const [name, value] of Object.entries(attributes)) box.setAttribute(name, value);
    box.addEventListener("blur", () => this.close());
    box.addEventListener("focus", () => this.update()); // whoever comes back from another window goes on
    this.close();
  }

  /** Shows who is meant by what stands before the caret, if anybody can be. */
  update() {
    const typed = this.#typed();
    const found = typed === null ? [] : this.#members().filter(({ name }) => begins(name, typed));
    this.#found = found.slice(0, SHOWN);
    this.#active = 0;
    this.#draw();
  }

  close() {
    this.#found = [];
    this.#draw();
  }

  /** Whether the menu took the key. */
  takes(event) {
    if (!this.#found.length) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      this.#active = (this.#active + step + this.#found.length) % this.#found.length;
      this.#draw();
    } else if (event.key === "Escape") this.close();
    else if (event.key === "Tab" || (event.key === "Enter" && !event.shiftKey))
      this.#insert(this.#found[this.#active]);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  #typed() {
    const { value, selectionStart, selectionEnd } = this.#box;
    if (selectionStart !== selectionEnd) return null;
    return BEING_TYPED.exec(value.slice(0, selectionStart))?.[1] ?? null;
  }

  #insert({ name }) {
    const at = this.#box.selectionStart;
    this.#box.setRangeText(`@${name} `, at - this.#typed().length - 1, at, "end");
    this.close();
    this.#inserted();
  }

  #draw() {
    const open = this.#found.length > 0;
    this.element.hidden = !open;
    this.#box.setAttribute("aria-expanded", String(open));
    if (open) this.#box.setAttribute("aria-activedescendant", this.#idOf(this.#active));
    else this.#box.removeAttribute("aria-activedescendant");
    fill(this.element, ...this.#found.map((member, index) => this.#row(member, index)));
    this.element.children[this.#active]?.scrollIntoView({ block: "nearest" });
  }

  #idOf(index) {
    return `${this.#id}-${index}`;
  }

  #row(member, index) {
    return h(
      "li",
      {
        id: this.#idOf(index),
        role: "option",
        "aria-selected": String(index === this.#active),
        onmousedown: (event) => event.preventDefault(), // the box keeps the focus
        onclick: () => this.#insert(member),
      },
      senderAvatar(member, 28),
      h("span", { class: "name" }, member.name),
      member.bot && h("span", { class: "mention-kind" }, "App"),
    );
  }
}

/** Whether the whole name or one of its words begins so. */
function begins(name, typed) {
  const wanted = typed.toLowerCase();
  const whole = name.toLowerCase();
  return whole.startsWith(wanted) || whole.split(" ").some((word) => word.startsWith(wanted));
}
