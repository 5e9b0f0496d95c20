// A message's text as elements, by its text format.

import { h } from "./dom.js";
import { messageMarkdown, plainText, safeUrl } from "./markdown.js";

const XML_ELEMENTS = new Set([
  "B",
  "STRONG",
  "I",
  "EM",
  "U",
  "S",
  "BR",
  "P",
  "DIV",
  "UL",
  "OL",
  "LI",
  "PRE",
  "CODE",
  "BLOCKQUOTE",
]);

/** The text of `message`, or null if it has none. */
export function renderText({ text, text_format: format }) {
  if (!text) return null;
  if (format === "xml") return h("div", { class: "text" }, ...allowedXml(text));
  const element = h("div", { class: format === "plain" ? "text plain" : "text" });
  element.innerHTML = format === "plain" ? plainText(text) : messageMarkdown(text);
  return element;
}

/** The simple markup that bots may send; parsed in an inert document and built anew without attributes. */
function allowedXml(text) {
  const inert = new DOMParser().parseFromString(text, "text/html");
  return [...inert.body.childNodes].flatMap(allowedNode);
}

function allowedNode(node) {
  if (node.nodeType === Node.TEXT_NODE) return [node.data];
  if (node.nodeType !== Node.ELEMENT_NODE || node.tagName === "SCRIPT" || node.tagName === "STYLE") return [];
  const children = [...node.childNodes].flatMap(allowedNode);
  if (node.tagName === "AT") return [h("span", { class: "mention" }, ...children)];
  if (node.tagName === "A") return [xmlLink(node, children)];
  return XML_ELEMENTS.has(node.tagName) ? [h(node.tagName, {}, ...children)] : children;
}

function xmlLink(node, children) {
  const url = safeUrl(node.getAttribute("href") ?? "");
  return url
    ? h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, ...children)
    : h("span", {}, ...children);
}
