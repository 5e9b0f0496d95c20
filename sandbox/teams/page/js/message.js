// One message: a post's head, a reply or a chat bubble. Which of them it looks like is the style sheet's matter.

import { senderAvatar } from "./avatar.js";
import { fullTimeOf, timeOf } from "./clock.js";
import { h, icon } from "./dom.js";
import { renderText } from "./message-text.js";
import { nameOf } from "./summary.js";

const CARD = "application/vnd.microsoft.card.adaptive";
const ONLY_YOU = "Only you can see this message";

/**
 * `drawCard(content, message)` makes a card's element; `own` marks the reader's own messages; `remove(message)`
 * deletes one, and is null where the reader may not; `app` is the name of the app whose cards people share.
 */
export function renderMessage(message, { testId = "message", own = false, remove = null, app = "", drawCard }) {
  const { from } = message;
  return h(
    "article",
    {
      class: `message${own ? " own" : ""}${from.bot ? " from-bot" : ""}`,
      "data-testid": testId,
      "data-message-id": message.id,
      "aria-label": nameOf(message),
    },
    senderAvatar(from),
    h(
      "header",
      { class: "message-head" },
      h("span", { class: "sender" }, from.name),
      h(
        "time",
        { datetime: message.created_at, title: fullTimeOf(message.created_at) },
        timeOf(message.created_at),
      ),
      isShared(message) && h("span", { class: "via", "data-testid": "via" }, `via ${app}`),
      isMarkedEdited(message) && h("span", { class: "edited" }, "Edited"),
      remove && deleteButton(message, remove),
    ),
    h(
      "div",
      { class: "message-body" },
      message.targeted && h("p", { class: "only-you", "data-testid": "only-you" }, icon("eye", 16), ONLY_YOU),
      ...bodyOf(message, drawCard),
    ),
  );
}

function deleteButton(message, remove) {
  return h(
    "button",
    {
      type: "button",
      class: "plain-button message-delete",
      "aria-label": `Delete message: ${nameOf(message)}`,
      "data-testid": "message-delete",
      onclick: () => remove(message),
    },
    icon("delete", 16),
  );
}

/** A person's message with a card is one that they shared from the app's search. */
function isShared({ from, attachments }) {
  return !from.bot && attachments.some(({ contentType }) => contentType === CARD);
}

/** Teams marks people's edits only; a bot's card changes silently. */
function isMarkedEdited(message) {
  return message.edited_at && !message.deleted && !message.from.bot;
}

function bodyOf(message, drawCard) {
  if (message.deleted) return [h("p", { class: "deleted" }, "This message has been deleted.")];
  const cards = message.attachments
    .filter(({ contentType, content }) => contentType === CARD && content)
    .map(({ content }) => content);
  const shown = message.private_card ? [message.private_card] : cards;
  return [renderText(message), ...shown.map((content) => drawCard(content, message))];
}
