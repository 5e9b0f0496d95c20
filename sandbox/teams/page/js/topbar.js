// The bar at the top: what this is, the search box, and who looks.

import { personAvatar } from "./avatar.js";
import { fill, h, icon } from "./dom.js";
import { toggleMenu } from "./menu.js";

export class TopBar {
  #store;
  #theme;
  #become;
  #switch = h("button", {
    type: "button",
    class: "person-switch",
    "data-testid": "person-switch",
    "aria-haspopup": "menu",
    "aria-expanded": "false",
    disabled: true, // until it is known who there are
    onclick: () => this.#toggleMenu(),
  });

  /** `become(person)` looks as somebody else; `search(words)` and `openFirst()` serve the search box. */
  constructor(element, { store, theme, become, search, openFirst }) {
    this.#store = store;
    this.#theme = theme;
    this.#become = become;
    const box = h("input", {
      type: "search",
      placeholder: "Search",
      "aria-label": "Search teams, channels and chats",
      autocomplete: "off",
      oninput: () => search(box.value),
      onkeydown: (event) => {
        if (event.key !== "Enter") return;
        openFirst();
        box.value = "";
        search("");
      },
    });
    fill(
      element,
      h(
        "span",
        { class: "brand" },
        h("img", { src: "/page/static/favicon.svg", alt: "", width: 20, height: 20 }),
        "Teams simulator",
      ),
      h("label", { class: "search" }, icon("search", 16), box),
      this.#switch,
    );
    store.on("person", () => this.#showPerson());
  }

  #showPerson() {
    const { name } = this.#store.person;
    this.#switch.disabled = false;
    this.#switch.setAttribute("aria-label", `${name}: account and people`);
    fill(
      this.#switch,
      h("span", { class: "person-name" }, name),
      h("span", { class: "presence" }, personAvatar(name, 32)),
    );
  }

  #toggleMenu() {
    const { tenant, people } = this.#store;
    toggleMenu(this.#switch, [...people.map((person) => this.#personItem(person)), this.#themeItem()], {
      label: "People and theme",
      heading: h("p", { class: "menu-heading", role: "presentation" }, `${tenant} · look as`),
    });
  }

  #personItem(person) {
    const { name, email, job_title: jobTitle, about, linked } = person;
    const current = person.id === this.#store.person.id;
    return h(
      "button",
      {
        type: "button",
        role: "menuitemradio",
        class: "menu-item person",
        "aria-checked": String(current),
        "data-testid": "person-option",
        "data-person-email": email,
        onclick: () => this.#become(person),
      },
      personAvatar(name, 36),
      h(
        "span",
        { class: "person-lines" },
        h("span", { class: "name" }, name),
        h("span", { class: "job" }, jobTitle),
        h("span", { class: "job about" }, about),
        person.has_pagerduty_user &&
          h(
            "span",
            { class: linked ? "link linked" : "link" },
            icon(linked ? "linked" : "unlinked", 14),
            linked ? "Linked to PagerDuty" : "Not linked to PagerDuty",
          ),
      ),
      current && icon("check", 18),
    );
  }

  #themeItem() {
    const dark = this.#theme.name === "dark";
    return h(
      "button",
      {
        type: "button",
        role: "menuitemcheckbox",
        class: "menu-item theme",
        "aria-checked": String(dark),
        "data-testid": "theme-toggle",
        onclick: () => this.#theme.toggle(),
      },
      icon("theme", 18),
      "Dark theme",
      h("span", { class: "switch" }),
    );
  }
}
