// Light or dark: what the address says, else what the system prefers.

import { readAddress, writeAddress } from "./address.js";

const prefersDark = matchMedia("(prefers-color-scheme: dark)");

export class Theme extends EventTarget {
  name = "light";

  start() {
    this.#apply(this.#wanted());
    prefersDark.addEventListener("change", () => this.#apply(this.#wanted()));
  }

  #wanted() {
    const { theme } = readAddress();
    if (theme === "dark" || theme === "light") return theme;
    return prefersDark.matches ? "dark" : "light";
  }

  toggle() {
    const next = this.name === "dark" ? "light" : "dark";
    writeAddress({ theme: next });
    this.#apply(next);
  }

  #apply(name) {
    this.name = name;
    document.documentElement.dataset.theme = name;
    this.dispatchEvent(new Event("change"));
  }
}
