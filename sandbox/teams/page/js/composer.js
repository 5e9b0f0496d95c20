// A box to write in: Enter sends, Shift+Enter makes a new line.

import { h, icon } from "./dom.js";
import { MentionMenu } from "./mention-menu.js";
import { toast } from "./toast.js";

export class Composer {
  #box;
  #sendButton;
  #mentions;
  #send;

  /**
   * `send(text)` answers a promise; `members()` answers whom one can mention; `tools` are buttons beside the box;
   * `cancel`, where given, closes the box on Escape.
   */
  constructor({ label, testId, send, members, tools = [], cancel = null }) {
    this.#send = send;
    this.#box = h("textarea", {
      rows: 1,
      placeholder: label,
      "aria-label": label,
      "data-testid": testId,
      oninput: () => {
        this.#fit();
        this.#mentions.update();
      },
      onkeydown: (event) => this.#onKey(event, cancel),
    });
    this.#sendButton = h(
      "button",
      { type: "submit", class: "plain-button send", "aria-label": "Send", title: "Send" },
      icon("send"),
    );
    this.#mentions = new MentionMenu(this.#box, { members, inserted: () => this.#fit() });
    this.element = h(
      "form",
      { class: "composer", onsubmit: (event) => this.#submit(event) },
      this.#mentions.element,
      this.#box,
      ...tools,
      this.#sendButton,
    );
    this.#fit();
  }

  focus() {
    this.#box.focus();
  }

  #onKey(event, cancel) {
    if (event.isComposing || this.#mentions.takes(event)) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.element.requestSubmit();
    } else if (event.key === "Escape" && cancel) {
      cancel();
    }
  }

  async #submit(event) {
    event.preventDefault();
    const text = this.#box.value.trim();
    if (!text) return;
    this.#box.value = "";
    this.#mentions.close();
    this.#fit();
    try {
      await this.#send(text);
    } catch {
      this.#box.value = text;
      this.#fit();
      toast("Your message could not be sent. Please try again.");
    }
  }

  /** As high as the text, up to what the style sheet allows. */
  #fit() {
    this.#box.style.height = "";
    if (this.#box.value) this.#box.style.height = `${this.#box.scrollHeight}px`;
    this.#sendButton.disabled = !this.#box.value.trim();
  }
}
