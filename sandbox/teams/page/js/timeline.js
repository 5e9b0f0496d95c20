// The messages of the open conversation, grouped by day: posts with threads in a channel, bubbles in a chat.

import { dayOf } from "./clock.js";
import { h, icon } from "./dom.js";
import { renderMessage } from "./message.js";
import { Scroller } from "./scroller.js";
import { isGone } from "./summary.js";
import { swap, Thread } from "./thread.js";

const GROUPED_MS = 5 * 60_000;

export class Timeline {
  #kind;
  #readOnly;
  #person;
  #app;
  #say;
  #members;
  #remove;
  #drawCard;
  #elements = new Map();
  #threads = new Map();
  #last = null;
  #pointed = null;
  #messages = h("div", { class: "messages" });
  #pill = h(
    "button",
    {
      type: "button",
      class: "pill",
      hidden: true,
      "data-testid": "new-messages",
      onclick: () => this.scroller.toEnd(),
    },
    icon("down", 16),
    "New messages",
  );
  #view = h(
    "div",
    {
      class: "timeline",
      tabindex: "0",
      role: "region",
      "aria-label": "Messages",
      onscroll: () => this.#hidePillAtEnd(),
    },
    this.#messages,
  );

  scroller = new Scroller(this.#view);

  constructor(conversation, { person, app, readOnly, say, members, remove, drawCard }) {
    this.#kind = conversation.kind;
    this.#person = person;
    this.#app = app;
    this.#readOnly = readOnly;
    this.#say = say;
    this.#members = members;
    this.#remove = remove;
    this.#drawCard = drawCard;
    this.element = h(
      "div",
      { class: `timeline-frame ${this.#kind === "channel" ? "posts" : "bubbles"}` },
      this.#view,
      this.#pill,
    );
    for (const message of conversation.messages) this.#add(message);
  }

  /** Shows a new message or a changed one. */
  put(message) {
    const old = this.#elements.get(message.id);
    if (old && isGone(message)) this.scroller.keepPlace(old, () => this.#takeAway(message, old));
    else if (old) this.scroller.keepPlace(old, () => this.#replace(message));
    else if (!isGone(message)) this.#announce(message);
  }

  /** Brings a message into view and marks it for a moment. */
  pointAt(id) {
    const element = this.#elements.get(id);
    if (!element) return;
    for (const thread of this.#threads.values()) if (thread.element.contains(element)) thread.expand();
    element.scrollIntoView({ block: "center" });
    this.pointed = { id, since: performance.now() };
  }

  /** The message that a link has led to, and since when; null for none. */
  get pointed() {
    return this.#pointed;
  }

  set pointed(pointed) {
    this.#pointed = pointed;
    if (pointed) this.#mark();
  }

  /** Drawn anew, a message stays marked, and its mark fades where it had come to. */
  #mark() {
    const { id, since } = this.#pointed;
    const element = this.#elements.get(id);
    if (!element) return;
    element.classList.add("pointed-at");
    element.style.animationDelay = `${since - performance.now()}ms`;
  }

  #announce(message) {
    this.scroller.keepPlace(null, () => this.#add(message));
    const element = this.#elements.get(message.id);
    if (message.from.id === this.#person.id) element.scrollIntoView({ block: "nearest" });
    else if (!this.scroller.atEnd && !this.scroller.shows(element)) this.#pill.hidden = false;
  }

  #hidePillAtEnd() {
    if (this.scroller.atEnd) this.#pill.hidden = true;
  }

  #draw(message, testId) {
    const own = message.from.id === this.#person.id;
    // In a channel a team's owner may delete what everybody sees.
    const may = own || (this.#kind === "channel" && !message.targeted);
    const remove = may && !this.#readOnly && !message.deleted ? this.#remove : null;
    return renderMessage(message, { testId, own, remove, app: this.#app, drawCard: this.#drawCard });
  }

  #add(message) {
    const thread = message.reply_to && this.#threads.get(message.reply_to);
    if (thread) {
      this.#elements.set(message.id, thread.reply(message));
      return;
    }
    this.#startDay(message);
    this.#messages.append(this.#kind === "channel" ? this.#addThread(message) : this.#addBubble(message));
    this.#last = message;
  }

  #startDay(message) {
    const day = dayOf(message.created_at);
    if (this.#last && dayOf(this.#last.created_at) === day) return;
    this.#messages.append(h("h2", { class: "day" }, day));
    this.#last = null; // a new day starts a new group of bubbles
  }

  #addThread(message) {
    const thread = new Thread(message, {
      draw: (...args) => this.#draw(...args),
      say: this.#readOnly ? null : this.#say,
      members: this.#members,
    });
    this.#threads.set(message.id, thread);
    this.#elements.set(message.id, thread.element);
    return thread.element;
  }

  #addBubble(message) {
    const element = this.#draw(message, "message");
    if (this.#continues(message)) element.classList.add("continued");
    this.#elements.set(message.id, element);
    return element;
  }

  /** Messages that follow each other closely share one head. */
  #continues(message) {
    const last = this.#last;
    return (
      last?.from.id === message.from.id &&
      new Date(message.created_at) - new Date(last.created_at) < GROUPED_MS
    );
  }

  #takeAway(message, element) {
    this.#elements.delete(message.id);
    this.#threads.delete(message.id);
    const parent = message.reply_to && this.#threads.get(message.reply_to);
    if (parent) return parent.takeAway(message.id);
    const [before, after] = [element.previousElementSibling, element.nextElementSibling];
    // The next bubble of the same sender needs the head that this one had.
    if (!element.classList.contains("continued")) after?.classList.remove("continued");
    element.remove();
    const wasLast = this.#last?.id === message.id;
    if (before.matches(".day") && (!after || after.matches(".day"))) {
      before.remove();
      if (wasLast) this.#last = null;
    } else if (wasLast) {
      this.#last = { ...message, from: {} }; // of the same day, and no bubble continues it
    }
  }

  #replace(message) {
    this.#redraw(message);
    if (message.id === this.#pointed?.id) this.#mark();
  }

  #redraw(message) {
    const thread = this.#threads.get(message.id);
    if (thread) return thread.update(message);
    const parent = message.reply_to && this.#threads.get(message.reply_to);
    if (parent) return this.#elements.set(message.id, parent.reply(message));
    const old = this.#elements.get(message.id);
    const next = this.#draw(message, "message");
    next.classList.toggle("continued", old.classList.contains("continued"));
    return this.#elements.set(message.id, swap(old, next));
  }
}
