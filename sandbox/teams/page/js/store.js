// What the page knows: who looks, the lists, the open conversation. Views subscribe; only the store asks the server.
//
// Events: "person" (somebody else looks), "lists" (teams, chats, unread counts), "conversation" (another one is
// open, or it was read anew), "message" (one of the open conversation came or changed), "online".

import * as api from "./api.js";
import { asksToBeRefreshed, isGone, previewOf } from "./summary.js";

export class Store extends EventTarget {
  tenant = "";
  bot = null;
  links = {};
  people = [];
  person = null;
  teams = [];
  chats = [];
  deletedTeams = [];
  conversation = null;
  online = true;

  #stopListening = () => {};
  #loading = null;
  #arrivedWhileLoading = [];

  on(name, handle) {
    this.addEventListener(name, (event) => handle(event.detail));
  }

  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  async start() {
    const { people, tenant, bot, links } = await api.people();
    Object.assign(this, { people, tenant, bot, links });
  }

  /** The person with this e-mail or id, else the first. */
  personFor(key) {
    return this.people.find((person) => person.email === key || person.id === key) ?? this.people[0];
  }

  /** Looks at Teams as `person`; the open conversation stays open if they may see it. */
  async become(person) {
    this.#stopListening();
    this.person = person;
    const open = this.conversation?.id;
    this.conversation = null;
    this.#emit("person");
    let connected = false;
    this.#stopListening = api.listen(person.id, {
      onEvent: (name, data) => this.#receive(name, data),
      onLost: () => this.#setOnline(false),
      onOpen: () => {
        this.#setOnline(true);
        // Events of the time without a connection are gone: read everything again.
        if (connected) this.#readAgain();
        connected = true;
      },
    });
    await this.#readLists();
    if (open) await this.open(this.find(open) ? open : null);
  }

  async #readLists() {
    const { teams, chats, deleted_teams: deletedTeams } = await api.lists(this.person.id);
    Object.assign(this, { teams, chats, deletedTeams });
    this.#emit("lists");
  }

  async #readAgain() {
    await this.#readLists();
    const open = this.#loading?.id ?? this.conversation?.id; // what somebody has just clicked comes first
    if (open) await this.open(this.find(open) ? open : null);
  }

  /** Every channel (with its team's name) and chat this person sees, in the order of the list. */
  get entries() {
    const channels = this.teams.flatMap((team) =>
      team.channels.map((channel) => ({ ...channel, kind: "channel", team: team.name })),
    );
    return [...this.chats, ...channels];
  }

  find(id) {
    return this.entries.find((entry) => entry.id === id);
  }

  /** The team of a channel; undefined for a chat. */
  teamOf(id) {
    return this.teams.find(({ channels }) => channels.some((channel) => channel.id === id));
  }

  get unread() {
    return this.entries.reduce((sum, entry) => sum + entry.unread, 0);
  }

  /** Opens a conversation and marks it read; null closes. */
  async open(id) {
    const loading = { id };
    this.#loading = loading;
    this.#arrivedWhileLoading = [];
    const conversation = id && (await api.conversation(id, this.person.id));
    if (this.#loading !== loading) return; // another one was opened meanwhile, or this one again
    this.#loading = null;
    this.conversation = conversation;
    for (const message of this.#arrivedWhileLoading) this.#put(message);
    this.#emit("conversation");
    if (!id) return;
    await this.read();
    this.visit();
  }

  /** Reads the open conversation anew, where an answer and an edit may have crossed. */
  refresh() {
    return this.open(this.conversation.id);
  }

  /** The open conversation's unread mark goes once somebody looks at it. */
  async read() {
    const entry = this.conversation && this.find(this.conversation.id);
    if (!entry?.unread || document.hidden) return;
    this.#setUnread(entry.id, 0);
    await api.markRead(this.person.id, entry.id);
  }

  /** Somebody sees the open conversation: the server asks for newer cards, and sends them as messages that changed. */
  visit() {
    const { conversation } = this;
    if (!conversation?.messages.some(asksToBeRefreshed) || document.hidden) return;
    api.visit(this.person.id, conversation.id).catch(() => {}); // what cannot be refreshed stays as it is
  }

  say(text, replyTo = null) {
    return api.say(this.person.id, this.conversation.id, text, replyTo);
  }

  /** Deletes a message for everybody; the server tells of it. */
  remove(message) {
    return api.remove(this.person.id, this.conversation.id, message.id);
  }

  /** Adds the app to a team, with a channel chosen; the server tells of it. */
  addApp(team, channel) {
    return api.install(this.person.id, team.id, channel);
  }

  /** Removes the app from a team. */
  removeApp(team) {
    return api.uninstall(this.person.id, team.id);
  }

  /** Opens a chat with these people, by id; answers its id. */
  async openChat(people, topic) {
    return (await api.openChat(this.person.id, people, topic)).chat;
  }

  /** Lets something happen to a chat, by the name of what the app is told; the server tells of it. */
  changeChat(chat, event, more) {
    return api.changeChat(this.person.id, chat.id, event, more);
  }

  /** Adds the app to a chat, or removes it. */
  setApp(chat, added) {
    return api.setApp(this.person.id, chat.id, added);
  }

  /** Asks the app for what somebody types into the search of the open conversation. */
  search(words) {
    return api.search(this.person.id, this.conversation.id, words);
  }

  /** Shares a result in the open conversation; answers whether the app should be added there. */
  async share(result) {
    return (await api.share(this.person.id, this.conversation.id, result)).offers_app;
  }

  /** Gives the team the app's newer version. */
  upgradeApp(team) {
    return api.upgrade(this.person.id, team.id);
  }

  /** Lets something happen to a team, by its event's name in Teams; the server tells of it. */
  changeTeam(team, event, more = {}) {
    return api.changeTeam(this.person.id, team.id, event, more);
  }

  /** Whom a message in the open conversation can mention. */
  get mentionable() {
    return (this.conversation?.members ?? []).filter(({ id }) => id !== this.person.id);
  }

  /** Presses a card's button and answers what the app said about it. */
  invoke(message, action, inputs) {
    return api.invoke({
      person: this.person.id,
      conversation: this.conversation.id,
      message: message.id,
      action,
      inputs,
    });
  }

  /** The card an answer brought for this person alone; it stays until the message changes. */
  showPrivateCard(id, card) {
    const message = this.message(id);
    if (message) this.#change({ ...message, private_card: card });
  }

  message(id) {
    return this.conversation?.messages.find((message) => message.id === id);
  }

  /** Reads any conversation without opening it. */
  peek(id) {
    return api.conversation(id, this.person.id);
  }

  #receive(name, data) {
    if (name === "reset" || name === "lists") this.#readAgain();
    else if (name === "unread") this.#receiveUnread(data);
    else this.#receiveMessage(data);
  }

  #receiveUnread({ conversation, unread }) {
    this.#setUnread(conversation, unread);
    if (conversation === this.conversation?.id) this.read();
  }

  #receiveMessage({ conversation, ...message }) {
    if (!this.find(conversation)) this.#readLists(); // a chat that has just come to be
    this.#setLast(conversation, message);
    if (conversation === this.#loading?.id) this.#arrivedWhileLoading.push(message);
    if (conversation !== this.conversation?.id) return;
    this.#change(message);
    if (asksToBeRefreshed(message)) this.visit();
  }

  #change(message) {
    this.#put(message);
    this.#emit("message", message);
  }

  /** Adds or replaces a message of the open conversation. */
  #put(message) {
    const { messages } = this.conversation;
    const index = messages.findIndex(({ id }) => id === message.id);
    if (isGone(message)) {
      if (index >= 0) messages.splice(index, 1);
    } else if (index < 0) messages.push(message);
    else messages[index] = message;
  }

  #setLast(id, message) {
    const chat = this.chats.find((candidate) => candidate.id === id);
    if (!chat || message.edited_at || message.deleted) return;
    chat.last = { text: previewOf(message), at: message.created_at };
    this.#emit("lists");
  }

  #setUnread(id, unread) {
    const lists = [this.chats, ...this.teams.map((team) => team.channels)];
    const entry = lists.flat().find((candidate) => candidate.id === id);
    if (!entry || entry.unread === unread) return;
    entry.unread = unread;
    this.#emit("lists");
  }

  #setOnline(online) {
    if (this.online === online) return;
    this.online = online;
    this.#emit("online");
  }
}
