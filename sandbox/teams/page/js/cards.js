// Adaptive Cards, drawn by Microsoft's own renderer as far as the weakest of Teams' clients draws them.

import { h } from "./dom.js";
import { cardMarkdown, safeUrl } from "./markdown.js";
import { openMenu } from "./menu.js";
import { GUARD } from "./weakest-client.js";

const UNDISPLAYED = "We're sorry, this card couldn't be displayed";

/** Teaches the renderer our Markdown, the overflow menu and the names of buttons; once per page. */
export function prepareRenderer() {
  AdaptiveCards.AdaptiveCard.onProcessMarkdown = (text, result) => {
    result.outputHtml = unguarded(cardMarkdown(text));
    result.didProcess = true;
  };
  AdaptiveCards.Strings.defaults.overflowButtonText = () => "•••";
  AdaptiveCards.GlobalSettings.allowMoreThanMaxActionsInOverflowMenu = true;
  nameButtonsByTooltip(AdaptiveCards.Action.prototype);
}

/** The renderer names a button anew after each press, always by its title: the name is put right behind it. */
function nameButtonsByTooltip(prototype) {
  const setUp = prototype.setupElementForAccessibility;
  prototype.setupElementForAccessibility = function (element, ...more) {
    setUp.call(this, element, ...more);
    if (this.tooltip) element.setAttribute("aria-label", nameOf(this));
  };
}

/** What a screen reader calls an action: its tooltip, which must hold the title that others see. */
function nameOf({ title, tooltip }) {
  if (!title || !tooltip) return tooltip || title;
  return tooltip.toLowerCase().includes(title.toLowerCase()) ? tooltip : `${title}, ${tooltip}`;
}

/**
 * The card as an element. `client` says what of it is drawn; `onAction(action, button)` hears of presses, `button`
 * being what was pressed.
 */
export function renderCard(content, { hostConfig, client }, onAction) {
  const wide = content.msteams?.width?.toLowerCase() === "full";
  const frame = h("div", { class: wide ? "card wide" : "card", "data-testid": "card" });
  const drawn = client.adapt(content);
  if (drawn) drawCard(drawn, frame, hostConfig, onAction);
  else frame.append(h("p", { class: "undisplayed" }, UNDISPLAYED));
  return frame;
}

function drawCard(content, frame, hostConfig, onAction) {
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
  card.render(frame);
  secureLinks(frame);
  for (const run of frame.querySelectorAll(".ac-textRun")) unguardText(run);
}

function overflowItem(action) {
  return h(
    "button",
    {
      type: "button",
      role: "menuitem",
      class: "menu-item",
      title: action.tooltip || null,
      "aria-label": action.tooltip ? nameOf(action) : null,
      disabled: !action.isEnabled,
      onclick: () => action.execute(),
    },
    action.title,
  );
}

/** The renderer sets addresses unchecked: what a browser may safely open opens in a tab that knows nothing of ours. */
function secureLinks(frame) {
  for (const anchor of frame.querySelectorAll("a[href]")) {
    if (!safeUrl(anchor.getAttribute("href"))) anchor.removeAttribute("href");
    anchor.target = "_blank";
    anchor.rel = "noopener noreferrer";
  }
}

const unguarded = (text) => text.replaceAll(GUARD, "");

function unguardText(element) {
  for (const node of element.childNodes) {
    if (node.nodeType === Node.TEXT_NODE) node.data = unguarded(node.data);
  }
}
