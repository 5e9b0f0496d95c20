// The small picture beside a name.

import { h, icon } from "./dom.js";

const COLOURS = 8;

function initialsOf(name) {
  const words = name
    .replace(/[^\p{L}\p{N} ]/gu, "")
    .split(" ")
    .filter(Boolean);
  return words.length ? (words[0][0] + (words.length > 1 ? words.at(-1)[0] : "")).toUpperCase() : "?";
}

/** The same name has the same colour everywhere. */
function colourOf(name) {
  return [...name].reduce((sum, character) => (sum * 31 + character.codePointAt(0)) % 9973, 11) % COLOURS;
}

/** A person's initials in a disc. */
export function personAvatar(name, size = 32) {
  return h(
    "span",
    { class: "avatar", "data-colour": colourOf(name), style: `--size:${size}px`, "aria-hidden": "true" },
    initialsOf(name),
  );
}

/** A bot's sign; bots are hexagons in Teams. */
export function botAvatar(size = 32) {
  return h(
    "span",
    { class: "avatar bot", style: `--size:${size}px`, "aria-hidden": "true" },
    icon("bot", size * 0.62),
  );
}

/** A group chat. */
export function groupAvatar(size = 32) {
  return h(
    "span",
    { class: "avatar", "data-colour": "3", style: `--size:${size}px`, "aria-hidden": "true" },
    icon("teams", size * 0.6),
  );
}

/** A team's rounded tile. */
export function teamTile(name, size = 32) {
  return h(
    "span",
    { class: "avatar tile", "data-colour": colourOf(name), style: `--size:${size}px`, "aria-hidden": "true" },
    initialsOf(name),
  );
}

/** Whoever sent a message. */
export const senderAvatar = (sender, size = 32) =>
  sender.bot ? botAvatar(size) : personAvatar(sender.name, size);

/** A chat in a list or a header; the only personal chats here are those with the bot. */
export const chatAvatar = (chat, size = 32) => (chat.kind === "group" ? groupAvatar(size) : botAvatar(size));
