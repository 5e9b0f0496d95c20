// The Markdown that Teams reads: bold, italic, links, lists, paragraphs; and mentions. Everything else is text.
// This is the one place of the page that makes HTML out of what others wrote: each character of the source
// goes through escapeHtml, each address through safeUrl.

const WEB_ADDRESS = /^(https?|mailto|tel):/i;
const NAMED_ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0" };
const HTML_ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

const BULLET = /^ {0,3}[-*+]\s+(.*)$/;
const NUMBERED = /^ {0,3}(\d{1,9})[.)]\s+(.*)$/;

export function escapeHtml(text) {
  return text.replace(/[&<>"']/g, (character) => HTML_ESCAPES[character]);
}

/** The address if a browser may open it, otherwise null (scripts, data and the like). */
export function safeUrl(address) {
  return WEB_ADDRESS.test(address.trim()) ? address.trim() : null;
}

function anchor(address, label) {
  return `<a href="${escapeHtml(address)}" target="_blank" rel="noopener noreferrer">${label}</a>`;
}

function link([source, label, address], rules) {
  const url = safeUrl(unescapeSource(address));
  return url ? anchor(url, inline(label, rules)) : escapeHtml(source);
}

const strong = ([, text], rules) => `<strong>${inline(text, rules)}</strong>`;
const emphasis = ([, text], rules) => `<em>${inline(text, rules)}</em>`;

function unescapeSource(text) {
  return text.replace(/\\([!-/:-@[-`{-~])/g, "$1").replace(/&(#\d{1,7}|\w+);/g, (_, name) => entity(name));
}

function entity(name) {
  if (!name.startsWith("#")) return NAMED_ENTITIES[name] ?? `&${name};`;
  const code = Number(name.slice(1));
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : "\ufffd";
}

// A rule is a sticky pattern and what it makes; of those that match at a position the first wins.
const MENTION = [
  /<at(?: id="[^"]*")?>(.*?)<\/at>/sy,
  ([, name]) => `<span class="mention">${escapeHtml(name)}</span>`,
];
const ADDRESS = [/https?:\/\/[^\s<>"'()[\]]*[^\s<>"'()[\].,;:!?]/y, ([url]) => anchor(url, escapeHtml(url))];
const MARKDOWN = [
  [/\\([!-/:-@[-`{-~])/y, ([, character]) => escapeHtml(character)],
  [/&(#\d{1,7}|\w{2,6});/y, ([, name]) => escapeHtml(entity(name))],
  [/\[((?:\\.|[^[\]\\])+)\]\(\s*((?:\\.|[^\s()\\])+)(?:\s+"[^"]*")?\s*\)/sy, link],
  [/\*\*(?=\S)((?:\\.|[^*\\]|\*(?!\*))+?)(?<=\S)\*\*/sy, strong],
  [/(?<![\p{L}\p{N}])__(?=\S)(.+?)(?<=\S)__(?![\p{L}\p{N}])/suy, strong],
  [/\*(?=\S)((?:\\.|[^*\\])+?)(?<=\S)\*/sy, emphasis],
  [/(?<![\p{L}\p{N}])_(?=\S)((?:\\.|[^_\\]|_(?=[\p{L}\p{N}]))+?)(?<=\S)_(?![\p{L}\p{N}])/suy, emphasis],
];
const CARD_RULES = [MENTION, ...MARKDOWN];
const MESSAGE_RULES = [MENTION, ADDRESS, ...MARKDOWN];
const PLAIN_RULES = [MENTION, ADDRESS];

function inline(text, rules) {
  let html = "";
  let position = 0;
  while (position < text.length) {
    const found = firstMatch(text, position, rules);
    html += found ? found.html : escapeHtml(text[position]);
    position += found ? found.length : 1;
  }
  return html;
}

function firstMatch(text, position, rules) {
  for (const [pattern, make] of rules) {
    pattern.lastIndex = position;
    const match = pattern.exec(text);
    if (match) return { html: make(match, rules), length: match[0].length };
  }
  return null;
}

/** A list's items from `lines[start]` on, as long as they follow each other. */
function list(lines, start, pattern, rules) {
  let end = start;
  while (end < lines.length && pattern.test(lines[end])) end += 1;
  const items = lines.slice(start, end).map((line) => `<li>${inline(pattern.exec(line).at(-1), rules)}</li>`);
  return { html: items.join(""), end };
}

function blocks(text, rules) {
  const lines = text.replace(/\r\n?/g, "\n").split("\n");
  let html = "";
  let paragraph = [];
  const endParagraph = () => {
    if (paragraph.length) html += `<p>${inline(paragraph.join("\n"), rules)}</p>`;
    paragraph = [];
  };
  for (let at = 0; at < lines.length;) {
    const pattern = [BULLET, NUMBERED].find((candidate) => candidate.test(lines[at]));
    if (pattern) {
      endParagraph();
      const { html: items, end } = list(lines, at, pattern, rules);
      html +=
        pattern === BULLET
          ? `<ul>${items}</ul>`
          : `<ol start="${Number(NUMBERED.exec(lines[at])[1])}">${items}</ol>`;
      at = end;
    } else {
      if (lines[at].trim()) paragraph.push(lines[at]);
      else endParagraph();
      at += 1;
    }
  }
  endParagraph();
  return html;
}

/** HTML for a card's text: Teams makes a link there only of `[title](address)`. */
export const cardMarkdown = (text) => blocks(text, CARD_RULES);

/** HTML for a message in Markdown; bare web addresses become links. */
export const messageMarkdown = (text) => blocks(text, MESSAGE_RULES);

/** HTML for a plain message: only mentions and web addresses stand out. */
export const plainText = (text) => inline(text, PLAIN_RULES);
