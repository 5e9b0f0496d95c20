// A channel post: its message, the replies under it and the box to answer in.

import { Composer } from "./composer.js";
import { h, icon } from "./dom.js";

const SHOWN_WHEN_COLLAPSED = 2;

export class Thread {
  #draw;
  #members;
  #replies = new Map();
  #list = h("div", { class: "replies" });
  #toggle = h("button", {
    type: "button",
    class: "replies-toggle",
    "data-testid": "replies-toggle",
    onclick: () => this.#setExpanded(!this.#expanded),
  });
  #answer = h("div", { class: "answer" });
  #expanded = false;
  #root;

  /**
   * `draw(message, testId)` makes a message's element; `say(text, replyTo)` sends, null where nobody may; `members()` answers whom one can
   * mention.
   */
  constructor(message, { draw, say, members }) {
    this.#draw = draw;
    this.#members = members;
    this.#root = draw(message, "message");
    this.element = h("section", { class: "post" }, this.#root, this.#toggle, this.#list, this.#answer);
    // A message for one person takes no replies.
    if (say && !message.targeted) this.#offerReply(message, say);
    this.#count();
  }

  /** Redraws the post's own message. */
  update(message) {
    this.#root = swap(this.#root, this.#draw(message, "message"));
  }

  /** Adds or redraws a reply; answers its element. */
  reply(message) {
    const drawn = this.#draw(message, "reply");
    const old = this.#replies.get(message.id);
    if (old) swap(old, drawn);
    else this.#list.append(drawn);
    this.#replies.set(message.id, drawn);
    this.#count();
    return drawn;
  }

  /** Takes a reply away. */
  takeAway(id) {
    this.#replies.get(id)?.remove();
    this.#replies.delete(id);
    this.#count();
  }

  /** Shows all replies. */
  expand() {
    this.#setExpanded(true);
  }

  #setExpanded(expanded) {
    this.#expanded = expanded;
    this.#count();
  }

  #count() {
    const replies = [...this.#replies.values()];
    const hidden = this.#expanded ? 0 : Math.max(0, replies.length - SHOWN_WHEN_COLLAPSED);
    replies.forEach((reply, index) => {
      reply.hidden = index < hidden;
    });
    this.#toggle.hidden = replies.length <= SHOWN_WHEN_COLLAPSED;
    this.#toggle.setAttribute("aria-expanded", String(this.#expanded));
    this.#toggle.replaceChildren(
      icon("chevron", 16),
      this.#expanded
        ? `Collapse ${replies.length} replies`
        : `${replies.length} replies · show ${hidden} more`,
    );
  }

  #offerReply(message, say) {
    const open = h(
      "button",
      {
        type: "button",
        class: "reply-open",
        "data-testid": "reply-open",
        onclick: () => {
          const box = new Composer({
            label: "Reply",
            testId: "reply-box",
            send: (text) => say(text, message.id),
            members: this.#members,
            cancel: close,
          });
          this.#answer.replaceChildren(box.element);
          box.focus();
          this.#answer.scrollIntoView({ block: "nearest" });
        },
      },
      icon("reply", 16),
      "Reply",
    );
    const close = () => {
      this.#answer.replaceChildren(open);
      open.focus();
    };
    this.#answer.replaceChildren(open);
  }
}

/** Puts `next` in the place of `old`, keeping the keyboard's focus at what it was about. */
export function swap(old, next) {
  const hadFocus = old.contains(document.activeElement);
  next.hidden = old.hidden;
  old.replaceWith(next);
  if (hadFocus) {
    next.tabIndex = -1;
    next.focus({ preventScroll: true });
  }
  return next;
}
