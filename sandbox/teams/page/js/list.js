// The list column: chats, teams with their channels, and the filters over them.

import { chatAvatar, teamTile } from "./avatar.js";
import { briefTimeOf } from "./clock.js";
import { chatItems } from "./chat-menu.js";
import { fill, h, icon } from "./dom.js";
import { withoutMarks } from "./summary.js";
import { channelItems, deletedChannelItems, deletedTeamItems, moreButton, teamItems } from "./team-menu.js";

const FILTERS = [
  ["unread", "Unread"],
  ["channels", "Channels"],
  ["chats", "Chats"],
];

export class ListView {
  #element;
  #store;
  #open;
  #add;
  #remove;
  #openChat;
  #collapsed = new Set();
  #filter = null;
  #words = "";

  /**
   * `open(id)` opens a conversation; `add(team)` and `remove(team)` add the app to a team and remove it; `openChat()`
   * asks with whom to open a new chat.
   */
  constructor(element, { store, open, add, remove, openChat }) {
    this.#element = element;
    this.#store = store;
    this.#open = open;
    this.#add = add;
    this.#remove = remove;
    this.#openChat = openChat;
  }

  /** From now on only `unread`, `channels` or `chats`; null for all. */
  filter(name) {
    this.#filter = name;
  }

  /** From now on only what has these words in its name. */
  search(words) {
    this.#words = words.trim().toLowerCase();
  }

  /** The first entry of what is shown, for the search box's Enter. */
  get firstShown() {
    return [...this.#chats(), ...this.#teams().flatMap(({ channels }) => channels)][0];
  }

  /** Draws the column. */
  show() {
    const focused = document.activeElement?.dataset.entry;
    const chats = this.#chats();
    const teams = this.#teams();
    const deleted = this.#deleted();
    fill(
      this.#element,
      h(
        "header",
        { class: "list-head" },
        h("h2", {}, this.#filter === "channels" ? "Teams" : "Chat"),
        h(
          "button",
          {
            type: "button",
            class: "plain-button new-chat",
            "aria-label": "New chat",
            title: "New chat",
            "data-testid": "new-chat",
            "data-entry": "new chat",
            onclick: this.#openChat,
          },
          icon("edit", 18),
        ),
        h(
          "div",
          { class: "filters", role: "group", "aria-label": "Filters" },
          ...FILTERS.map((filter) => this.#chip(filter)),
        ),
      ),
      h(
        "div",
        { class: "entries" },
        chats.length > 0 &&
          this.#section(
            "Chats",
            chats.map((chat) => this.#chatRow(chat)),
          ),
        teams.length > 0 &&
          this.#section(
            "Teams and channels",
            teams.map((team) => this.#teamGroup(team)),
          ),
        deleted.length > 0 && this.#section("Deleted", deleted),
        !chats.length && !teams.length && h("p", { class: "none" }, "Nothing here."),
        teams.length > 0 && this.#appOffer(),
      ),
    );
    if (focused) this.#element.querySelector(`[data-entry="${CSS.escape(focused)}"]`)?.focus();
  }

  #chats() {
    if (this.#filter === "channels") return [];
    return this.#store.chats
      .filter((chat) => this.#passes(chat))
      .sort((a, b) => (b.last?.at ?? "").localeCompare(a.last?.at ?? ""));
  }

  #teams() {
    if (this.#filter === "chats") return [];
    return this.#store.teams
      .map((team) => ({
        ...team,
        channels: team.channels.filter((channel) => this.#passes(channel, team.name)),
      }))
      .filter(({ channels }) => channels.length > 0);
  }

  #passes(entry, team = "") {
    if (this.#filter === "unread" && !entry.unread && !this.#isOpen(entry)) return false;
    return `${entry.name} ${team}`.toLowerCase().includes(this.#words);
  }

  #isOpen({ id }) {
    return this.#store.conversation?.id === id;
  }

  #chip([name, label]) {
    const on = this.#filter === name;
    return h(
      "button",
      {
        type: "button",
        class: "chip",
        "aria-pressed": String(on),
        onclick: () => {
          this.filter(on ? null : name);
          this.show();
        },
      },
      label,
    );
  }

  #section(title, rows) {
    return h("section", { class: "section" }, h("h3", { class: "section-title" }, title), ...rows);
  }

  /** The way to bring the app into a team that does not have it. */
  #appOffer() {
    const { teams, bot } = this.#store;
    if (teams.every((team) => team.has_bot)) return null;
    const nowhere = !teams.some((team) => team.has_bot);
    return h(
      "section",
      { class: nowhere ? "app-offer first" : "app-offer" },
      nowhere && h("p", {}, `${bot.name} is in none of your teams yet.`),
      h(
        "button",
        {
          type: "button",
          class: nowhere ? "button primary" : "entry add-app",
          "data-testid": "add-app",
          "data-entry": "add app",
          onclick: () => this.#add(),
        },
        icon("add", 16),
        `Add ${bot.name} to a team`,
      ),
    );
  }

  #teamGroup(team) {
    const { id, name, channels } = team;
    const collapsed = this.#collapsed.has(id) && !this.#words;
    const unread = channels.some((channel) => channel.unread);
    const toggle = () => {
      if (!this.#collapsed.delete(id)) this.#collapsed.add(id);
      this.show();
    };
    return h(
      "div",
      { class: "team" },
      h(
        "div",
        { class: "team-head" },
        h(
          "button",
          {
            type: "button",
            class: unread && collapsed ? "team-row unread" : "team-row",
            "data-entry": `team ${id}`,
            "aria-expanded": String(!collapsed),
            onclick: toggle,
          },
          icon("chevron", 16),
          teamTile(name, 24),
          h("span", { class: "name" }, name),
          team.archived && h("span", { class: "tag" }, "Archived"),
        ),
        this.#moreButton(team),
      ),
      !collapsed && channels.map((channel) => this.#channelRow(channel, team)),
    );
  }

  #moreButton(team) {
    // With all its channels, whatever the list's filter leaves out.
    const whole = this.#store.teams.find(({ id }) => id === team.id);
    return moreButton({
      name: team.name,
      testId: "team-more",
      entry: `more ${team.id}`,
      items: teamItems({ store: this.#store, team: whole, add: this.#add, remove: this.#remove }),
    });
  }

  #channelRow(channel, team) {
    const row = this.#row(
      channel,
      { "data-testid": "channel", "data-name": channel.name, "data-team": team.name, class: "channel" },
      h("span", { class: "name" }, channel.name),
      channel.type !== "standard" && h("span", { class: "tag" }, channel.type === "private" ? "Private" : "Shared"),
    );
    if (channel.id === team.id || team.archived) return row; // General has no menu
    const items = channelItems({ store: this.#store, team, channel });
    const entry = `more ${channel.id}`;
    return h("div", { class: "team-head" }, row, moreButton({ name: channel.name, testId: "channel-more", entry, items }));
  }

  /** What was deleted and can be restored. */
  #deleted() {
    if (this.#filter === "unread" || this.#filter === "chats" || this.#words) return [];
    const store = this.#store;
    const teams = store.deletedTeams.map((team) => this.#deletedRow(team, "", deletedTeamItems({ store, team })));
    const channels = store.teams
      .filter(({ archived }) => !archived)
      .flatMap((team) =>
        team.deleted_channels.map((channel) =>
          this.#deletedRow(channel, team.name, deletedChannelItems({ store, team, channel })),
        ),
      );
    return [...teams, ...channels];
  }

  #deletedRow({ id, name }, team, items) {
    return h(
      "div",
      { class: "team-head", "data-testid": "deleted", "data-name": name },
      h("span", { class: "entry deleted-entry" }, h("span", { class: "name" }, team ? `${team} › ${name}` : name)),
      moreButton({ name, testId: "deleted-more", entry: `deleted ${id}`, items }),
    );
  }

  #chatRow(chat) {
    const row = this.#row(
      chat,
      { "data-testid": "chat", "data-name": chat.name, "data-kind": chat.kind, class: "chat" },
      chatAvatar(chat, 32),
      h(
        "span",
        { class: "chat-lines" },
        h("span", { class: "name" }, chat.name),
        chat.last && h("span", { class: "preview" }, withoutMarks(chat.last.text)),
      ),
      chat.last && h("time", { datetime: chat.last.at }, briefTimeOf(chat.last.at)),
    );
    if (chat.kind !== "group") return row;
    const items = chatItems({ store: this.#store, chat });
    return h(
      "div",
      { class: "team-head" },
      row,
      moreButton({ name: chat.name, testId: "chat-more", entry: `more ${chat.id}`, items }),
    );
  }

  #row(entry, attributes, ...children) {
    const state = `${entry.unread ? " unread" : ""}${this.#isOpen(entry) ? " open" : ""}`;
    return h(
      "button",
      {
        ...attributes,
        type: "button",
        class: `entry ${attributes.class}${state}`,
        "data-entry": entry.id,
        "aria-current": this.#isOpen(entry) ? "true" : null,
        onclick: () => this.#open(entry.id),
      },
      ...children,
      entry.unread > 0 &&
        h(
          "span",
          { class: "count", role: "img", "aria-label": `${entry.unread} unread` },
          String(entry.unread),
        ),
    );
  }
}
