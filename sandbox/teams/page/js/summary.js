// What a message is, in one line: for a screen reader, and for lists and feeds. And whether it still is.

import { plainText } from "./markdown.js";

const DELETED = "This message has been deleted.";

/** What a screen reader calls a message: what the bot says of it, else its text, else its card's first text. */
export function nameOf(message) {
  if (message.deleted) return DELETED;
  return message.summary || textOf(message) || cardTextOf(message);
}

/** Of a deleted message for one person nothing stays. */
export const isGone = (message) => message.targeted && message.deleted;

/** Whether somebody who sees the message may get a newer card of it. */
export function asksToBeRefreshed({ attachments, private_card: privateCard }) {
  const cards = privateCard ? [privateCard] : attachments.map(({ content }) => content);
  return cards.some((card) => card?.refresh);
}

/** What lists show of a message: what a locked phone would. */
export function previewOf(message) {
  if (message.deleted) return DELETED;
  return textOf(message) || message.notification;
}

/** One line of text without Markdown's marks. */
export function withoutMarks(text) {
  return textOfHtml(plainText(text))
    .replace(/\[([^\]]+)\]\([^)]+\)/g, "$1")
    .replace(/^[-*+]\s+|\*\*|\\(?=[!-/:-@[-`{-~])/gm, "")
    .replace(/\s+/g, " ");
}

function textOf({ text, text_format: format }) {
  return format === "xml" ? textOfHtml(text).trim() : withoutMarks(text).trim();
}

function cardTextOf({ attachments }) {
  const card = attachments[0]?.content;
  return card ? withoutMarks(String(card.fallbackText ?? firstText(card.body) ?? "Sent a card")) : "";
}

/** What somebody reads of markup. */
export function textOfHtml(html) {
  return new DOMParser().parseFromString(html, "text/html").body.textContent;
}

/** Cards are whatever a bot sent: nothing about their shape is taken for granted. */
function firstText(elements) {
  if (!Array.isArray(elements)) return undefined;
  for (const element of elements) {
    const text = element?.type === "TextBlock" ? element.text : firstText(element?.items ?? element?.columns);
    if (text) return text;
  }
  return undefined;
}
