// One line that says what a message is, for lists and feeds.

import { plainText } from "./markdown.js";

/** A message's text as it reads; for a card what it says of itself, else its first text. */
export function summaryOf(message) {
  if (message.deleted) return "This message has been deleted.";
  if (message.text)
    return message.text_format === "xml" ? textOfHtml(message.text) : withoutMarks(message.text);
  const card = message.attachments[0]?.content;
  return card ? withoutMarks(String(card.fallbackText ?? firstText(card.body) ?? "Sent a card")) : "";
}

/** One line of text without Markdown's marks. */
export function withoutMarks(text) {
  return textOfHtml(plainText(text))
    .replace(/\[([^\]]+)\]\([^)]+\)/g, "$1")
    .replace(/^[-*+]\s+|\*\*|\\(?=[!-/:-@[-`{-~])/gm, "")
    .replace(/\s+/g, " ");
}

function textOfHtml(html) {
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
