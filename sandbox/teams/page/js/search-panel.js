// The app's search beside the box to write in: what somebody types, what the app found, and the card to share.

import { fill, h, icon } from "./dom.js";
import { textOfHtml } from "./summary.js";
import { toast } from "./toast.js";

const TYPING_MS = 250; // Teams asks while one types, not at each key
const FAILED = "Your message could not be sent. Please try again.";

export class SearchPanel {
  #store;
  #drawCard;
  #offerApp;
  #asked = 0;
  #typing = 0;
  #box;
  #found = h("div", { class: "search-found", "data-testid": "search-found", "aria-live": "polite" });

  /** `drawCard(content)` draws a card that nobody can press; `offerApp()` asks to add the app where it is missing. */
  constructor({ store, drawCard, offerApp }) {
    this.#store = store;
    this.#drawCard = drawCard;
    this.#offerApp = offerApp;
    this.#box = h("input", {
      type: "search",
      placeholder: "Search",
      "aria-label": `Search with ${store.bot.name}`,
      autocomplete: "off",
      "data-testid": "search-box",
      oninput: () => this.#type(),
    });
    this.element = h("section", {
      class: "search-panel",
      "aria-label": `${store.bot.name}: search`,
      "data-testid": "search-panel",
      hidden: true,
      onkeydown: (event) => event.key === "Escape" && this.#close(),
    });
    this.button = h(
      "button",
      {
        type: "button",
        class: "plain-button",
        "aria-label": `Search with ${store.bot.name}`,
        title: `Search with ${store.bot.name}`,
        "aria-expanded": "false",
        "data-testid": "search-open",
        onclick: () => (this.element.hidden ? this.#open() : this.#close()),
      },
      icon("bot"),
    );
  }

  #open() {
    this.element.hidden = false;
    this.button.setAttribute("aria-expanded", "true");
    this.#box.value = "";
    this.#showSearch();
    this.#ask();
  }

  #close() {
    this.#asked += 1; // whatever is still asked comes too late
    clearTimeout(this.#typing);
    this.element.hidden = true;
    fill(this.element);
    this.button.setAttribute("aria-expanded", "false");
    this.button.focus();
  }

  #showSearch() {
    fill(
      this.element,
      h("header", {}, h("label", { class: "search" }, icon("search", 16), this.#box), this.#closeButton()),
      this.#found,
    );
    this.#box.focus();
  }

  #closeButton() {
    return h(
      "button",
      { type: "button", class: "plain-button", "aria-label": "Close search", onclick: () => this.#close() },
      icon("close", 16),
    );
  }

  #type() {
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => this.#ask(), TYPING_MS);
  }

  async #ask() {
    const asked = ++this.#asked;
    this.element.setAttribute("aria-busy", "true");
    const answer = await this.#store.search(this.#box.value.trim()).catch(() => null);
    if (asked !== this.#asked) return;
    this.element.removeAttribute("aria-busy");
    fill(this.#found, ...this.#rowsOf(answer ?? { kind: "error", text: "Unable to reach app. Please try again." }));
  }

  #rowsOf({ kind, results, text, action }) {
    if (kind === "sign_in") return [signIn(action)];
    if (kind !== "results") return [h("p", { class: kind === "error" ? "search-note error" : "search-note" }, text)];
    if (!results.length) return [h("p", { class: "search-note" }, "We couldn't find any results.")];
    return results.map((result) => this.#row(result));
  }

  #row(result) {
    const { title, subtitle, text } = result.preview.content;
    return h(
      "button",
      { type: "button", class: "search-result", "data-testid": "search-result", onclick: () => this.#preview(result) },
      title && h("span", { class: "name" }, title),
      subtitle && h("span", { class: "about" }, subtitle),
      text && h("span", { class: "about" }, textOfHtml(text)), // HTML, as of every thumbnail card
    );
  }

  /** The card as it will be sent. Its buttons work once it is. */
  #preview(result) {
    const send = h(
      "button",
      { type: "button", class: "button primary", "data-testid": "share", onclick: () => this.#share(result, send) },
      "Send",
    );
    fill(
      this.element,
      h(
        "header",
        {},
        h(
          "button",
          { type: "button", class: "plain-button", "aria-label": "Back to the results", onclick: () => this.#showSearch() },
          icon("back"),
        ),
        h("h2", {}, result.preview.content.title || "Preview"),
        this.#closeButton(),
      ),
      h("div", { class: "search-preview", inert: true, "data-testid": "search-preview" }, this.#drawCard(result.content)),
      h("footer", {}, send),
    );
    send.focus();
  }

  async #share(result, button) {
    button.disabled = true;
    try {
      const offersApp = await this.#store.share(result);
      this.#close();
      if (offersApp) this.#offerApp();
    } catch {
      button.disabled = false;
      toast(FAILED);
    }
  }
}

/** The way to sign in, in a tab of its own. */
function signIn({ title, url }) {
  return h(
    "div",
    { class: "search-note", "data-testid": "search-sign-in" },
    h("p", {}, "You'll need to sign in before you can search."),
    h("a", { class: "button primary", href: url, target: "_blank", rel: "noopener" }, title),
  );
}
