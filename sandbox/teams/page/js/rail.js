// The app rail: which list is shown beside it, and the ways to the calendar and to Temporal's own pages.

import { fill, h, icon } from "./dom.js";

const APPS = [
  ["activity", "Activity"],
  ["chat", "Chat"],
  ["teams", "Teams"],
];

/** Draws the rail into `element`; `choose(name)` shows an app's list. */
export function showRail(element, { chosen, unread, calendar, temporal, choose }) {
  const focused = element.contains(document.activeElement) && document.activeElement.dataset.app;
  fill(
    element,
    ...APPS.map(([name, label]) =>
      h(
        "button",
        {
          type: "button",
          class: "app",
          "data-app": name,
          "aria-current": chosen === name ? "page" : null,
          onclick: () => choose(name),
        },
        icon(name, 24),
        h("span", {}, label),
        name === "chat" &&
          unread > 0 &&
          h(
            "span",
            { class: "badge", role: "img", "aria-label": `${unread} unread` },
            unread > 99 ? "99+" : String(unread),
          ),
      ),
    ),
    h("a", { class: "app", href: calendar }, icon("calendar", 24), h("span", {}, "Calendar")),
    temporal &&
      h(
        "a",
        {
          class: "app apart",
          href: temporal,
          target: "_blank",
          rel: "noopener",
          title: "Open the Temporal UI",
        },
        icon("timeline", 24),
        h("span", {}, "Temporal"),
      ),
  );
  if (focused) element.querySelector(`[data-app="${focused}"]`)?.focus();
}
