// Adaptive Cards, drawn by Microsoft's own renderer.

import { h } from "./dom.js";
import { cardMarkdown, safeUrl } from "./markdown.js";
import { openMenu } from "./menu.js";

/** Teaches the renderer our Markdown; once per page. */
export function prepareRenderer() {
  AdaptiveCards.AdaptiveCard.onProcessMarkdown = (text, result) => {
    result.outputHtml = cardMarkdown(text);
    result.didProcess = true;
  };
  AdaptiveCards.Strings.defaults.overflowButtonText = () => "•••";
}

/** The card as an element; `onAction(action, button)` hears of presses, `button` being what was pressed. */
export function renderCard(content, hostConfig, onAction) {
  const card = new AdaptiveCards.AdaptiveCard();
  card.hostConfig = hostConfig;
  let overflowButton = null;
  card.onDisplayOverflowActionMenu = (actions, button) => {
    overflowButton = button;
    openMenu(button, actions.map(overflowItem), { label: "More options" });
    return true;
  };
  // The renderer resets its buttons right after this call, which would undo what the listener does to them.
  card.onExecuteAction = (action) =>
    queueMicrotask(() => onAction(action, action.renderedElement ?? overflowButton));
  card.parse(content);
  const wide = content.msteams?.width?.toLowerCase() === "full";
  const frame = h("div", { class: wide ? "card wide" : "card", "data-testid": "card" });
  card.render(frame);
  disarmLinks(frame);
  return frame;
}

function overflowItem(action) {
  return h(
    "button",
    {
      type: "button",
      role: "menuitem",
      class: "menu-item",
      title: action.tooltip || null,
      disabled: !action.isEnabled,
      onclick: () => action.execute(),
    },
    action.title,
  );
}

/** The renderer sets a text run's address unchecked: only what a browser may safely open keeps one. */
function disarmLinks(frame) {
  for (const anchor of frame.querySelectorAll("a[href]")) {
    if (!safeUrl(anchor.getAttribute("href"))) anchor.removeAttribute("href");
  }
}
