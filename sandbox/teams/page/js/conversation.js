// The open conversation: its header, its messages and the box to write in.

import { chatAvatar, teamTile } from "./avatar.js";
import { renderCard } from "./cards.js";
import { peopleButton } from "./chat-menu.js";
import { Composer } from "./composer.js";
import { h, fill, icon } from "./dom.js";
import { SearchPanel } from "./search-panel.js";
import { Timeline } from "./timeline.js";

const ARCHIVED = "This team is archived. You can read here, and not write.";

export class ConversationView {
  #element;
  #store;
  #theme;
  #client;
  #hostConfigs;
  #actions;
  #leave;
  #add;
  #offerApp;
  #timeline = null;
  #composer = null;
  #search = null;
  #shown = null;
  #pointAt = null;

  /**
   * `leave` goes back to the list, where both do not fit beside each other; `add(team)` adds the app to a team;
   * `offerApp()` asks whether the app shall be added where a card was shared that needs it.
   */
  constructor(element, { store, theme, client, hostConfigs, actions, leave, add, offerApp }) {
    this.#element = element;
    this.#store = store;
    this.#theme = theme;
    this.#client = client;
    this.#hostConfigs = hostConfigs;
    this.#actions = actions;
    this.#leave = leave;
    this.#add = add;
    this.#offerApp = offerApp;
    store.on("conversation", () => this.#show());
    store.on("message", (message) => this.#timeline?.put(message));
    theme.addEventListener("change", () => this.#show());
  }

  /** The next conversation that opens shows this message instead of its end. */
  pointAt(id) {
    this.#pointAt = id;
  }

  #show() {
    const { conversation } = this.#store;
    if (!conversation) return this.#showNothing();
    const stays = conversation.id === this.#shown;
    const place = stays && !this.#timeline.scroller.atEnd ? this.#timeline.scroller.position : null;
    const pointed = stays ? this.#timeline.pointed : null;
    this.#shown = conversation.id;
    this.#timeline = new Timeline(conversation, {
      person: this.#store.person,
      app: this.#store.bot.name,
      readOnly: conversation.archived,
      say: (text, replyTo) => this.#store.say(text, replyTo),
      members: () => this.#store.mentionable,
      remove: (message) => this.#store.remove(message),
      drawCard: (content, message) => this.#drawCard(content, message),
    });
    // What is being written or searched for outlives a redraw of the same conversation, and so does the focus.
    const focused = stays ? document.activeElement : null;
    if (!stays) {
      this.#search = this.#newSearch();
      this.#composer = this.#newComposer(conversation);
    }
    fill(
      this.#element,
      this.#header(conversation),
      this.#timeline.element,
      this.#invitation(conversation),
      h(
        "footer",
        { class: "conversation-foot" },
        ...(conversation.archived
          ? [h("p", { class: "archived", "data-testid": "archived" }, ARCHIVED)]
          : [this.#search.element, this.#composer.element]),
      ),
    );
    if (focused && this.#element.contains(focused)) focused.focus();
    this.#timeline.pointed = pointed;
    this.#scrollTo(place);
  }

  #showNothing() {
    this.#shown = null;
    this.#timeline = null;
    fill(
      this.#element,
      h(
        "div",
        { class: "nothing-open" },
        icon("chat", 48),
        h("p", {}, "Pick a channel or a chat to read it."),
      ),
    );
  }

  #newSearch() {
    return new SearchPanel({
      store: this.#store,
      drawCard: (content) => renderCard(content, this.#drawing, () => {}),
      offerApp: this.#offerApp,
    });
  }

  #newComposer({ kind, name }) {
    return new Composer({
      label:
        kind === "channel"
          ? `Start a post in ${name}. Type @ to mention someone`
          : "Type a message",
      testId: "composer",
      send: (text) => this.#store.say(text),
      members: () => this.#store.mentionable,
      tools: [this.#search.button],
    });
  }

  /** In a channel of a team without the app. */
  #invitation({ id }) {
    const team = this.#store.teamOf(id);
    if (!team || team.has_bot || team.archived) return null;
    const { name } = this.#store.bot;
    return h(
      "div",
      { class: "invitation", "data-testid": "invitation" },
      h("p", {}, `${name} is not in ${team.name}.`),
      h(
        "button",
        { type: "button", class: "button primary", onclick: () => this.#add(team) },
        `Add ${name} to this team`,
      ),
    );
  }

  #scrollTo(place) {
    if (this.#pointAt) this.#timeline.pointAt(this.#pointAt);
    else if (place === null) this.#timeline.scroller.toEnd();
    else this.#timeline.scroller.position = place;
    this.#pointAt = null;
  }

  #header({ id, kind, name, team }) {
    const isChannel = kind === "channel";
    const chat = kind === "group" && this.#store.find(id);
    return h(
      "header",
      { class: "conversation-head" },
      h(
        "button",
        {
          type: "button",
          class: "plain-button back",
          "aria-label": "Back",
          "data-testid": "back",
          onclick: this.#leave,
        },
        icon("back"),
      ),
      isChannel ? teamTile(team) : chatAvatar({ kind }),
      h(
        "div",
        { class: "conversation-title" },
        h("h1", {}, name),
        isChannel && h("span", { class: "team-name" }, team),
      ),
      h("span", { class: "tab", "aria-current": "page" }, isChannel ? "Posts" : "Chat"),
      chat && peopleButton({ store: this.#store, chat }),
    );
  }

  get #drawing() {
    return { hostConfig: this.#hostConfigs[this.#theme.name], client: this.#client };
  }

  #drawCard(content, message) {
    const frame = renderCard(content, this.#drawing, (action, button) =>
      this.#actions.dispatch({ action, button, message, frame }),
    );
    return frame;
  }
}
