// The Activity feed: the newest that others wrote, over all conversations.

import { senderAvatar } from "./avatar.js";
import { briefTimeOf } from "./clock.js";
import { fill, h } from "./dom.js";
import { previewOf } from "./summary.js";

const SHOWN = 30;

export class ActivityView {
  #element;
  #store;
  #open;
  #drawing = 0;

  /** `open(conversation, message)` goes to a message. */
  constructor(element, { store, open }) {
    this.#element = element;
    this.#store = store;
    this.#open = open;
  }

  /** Draws the feed, unless a later drawing or `leave` overtakes this one. */
  async show() {
    const drawing = ++this.#drawing;
    const store = this.#store;
    const conversations = await Promise.all(store.entries.map(({ id }) => store.peek(id)));
    if (drawing !== this.#drawing) return;
    const rows = conversations
      .flatMap((conversation) => conversation.messages.map((message) => ({ conversation, message })))
      .filter(({ message }) => message.from.id !== store.person.id && !message.deleted)
      .sort((a, b) => b.message.created_at.localeCompare(a.message.created_at))
      .slice(0, SHOWN);
    fill(
      this.#element,
      h("header", { class: "list-head" }, h("h2", {}, "Activity")),
      h(
        "div",
        { class: "entries" },
        ...rows.map((row) => activityRow(row, this.#open)),
        !rows.length && h("p", { class: "none" }, "Nothing has happened yet."),
      ),
    );
  }

  /** Another list takes this one's place. */
  leave() {
    this.#drawing += 1;
  }
}

function activityRow({ conversation, message }, open) {
  const place =
    conversation.kind === "channel" ? `${conversation.team} › ${conversation.name}` : conversation.name;
  const what = message.reply_to ? "replied" : conversation.kind === "channel" ? "posted" : "wrote";
  return h(
    "button",
    {
      type: "button",
      class: "entry activity",
      "data-testid": "activity",
      onclick: () => open(conversation.id, message.id),
    },
    senderAvatar(message.from, 32),
    h(
      "span",
      { class: "chat-lines" },
      h("span", { class: "name" }, `${message.from.name} ${what}`),
      h("span", { class: "preview" }, previewOf(message)),
      h("span", { class: "place" }, place),
    ),
    h("time", { datetime: message.created_at }, briefTimeOf(message.created_at)),
  );
}
