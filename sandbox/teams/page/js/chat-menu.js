// What a person can do to a group chat: the items of its menu, and the menu of its people.

import { askToAddToChat } from "./app-dialogs.js";
import { botAvatar, personAvatar } from "./avatar.js";
import { askForTopic, askToAddPeople, askToRemovePerson } from "./chat-dialogs.js";
import { h, icon } from "./dom.js";
import { toggleMenu } from "./menu.js";
import { askWhether } from "./team-dialogs.js";

/** Items of the chat's menu: [icon, label, act]; false ones are left out. */
export function chatItems({ store, chat }) {
  const app = store.bot.name;
  const others = store.people.filter(({ id }) => !chat.members.includes(id));
  return [
    !chat.has_bot && ["bot", `Add ${app}`, () => askToAddToChat({ store, chat, hint: `${app} can post here then.` })],
    chat.has_bot && ["delete", `Remove ${app}`, () => askToRemoveApp({ store, chat })],
    others.length > 0 && ["add", "Add people", () => askToAddPeople({ store, chat, others })],
    ["edit", "Rename chat", () => askForTopic({ store, chat })],
    ["back", "Leave chat", () => askToRemovePerson({ store, chat, person: store.person })],
  ];
}

/** A button that tells how many people are in the chat; its menu names them and changes who they are. */
export function peopleButton({ store, chat }) {
  const people = store.people.filter(({ id }) => chat.members.includes(id));
  const app = store.bot.name;
  const rows = [
    ...people.map((person) =>
      item(personAvatar(person.name, 28), person.name, () => askToRemovePerson({ store, chat, person }), "member"),
    ),
    chat.has_bot && item(botAvatar(28), app, () => askToRemoveApp({ store, chat }), "member"),
    ...chatItems({ store, chat })
      .filter((entry) => entry && !entry[1].startsWith("Remove"))
      .map(([image, label, act]) => item(icon(image, 18), label, act)),
  ].filter(Boolean);
  const button = h(
    "button",
    {
      type: "button",
      class: "people-button",
      "aria-label": `People in ${chat.name}`,
      "aria-haspopup": "menu",
      "aria-expanded": "false",
      "data-testid": "people",
      onclick: () =>
        toggleMenu(button, rows, {
          label: `People in ${chat.name}`,
          heading: h("p", { class: "menu-heading", role: "presentation" }, "In this chat · choose one to remove"),
        }),
    },
    icon("teams", 20),
    String(chat.members.length),
  );
  return button;
}

function askToRemoveApp({ store, chat }) {
  const app = store.bot.name;
  askWhether({
    title: `Remove ${app} from ${chat.name}?`,
    hint: `${app} will not post there any more. What it has posted stays.`,
    confirm: "Remove",
    danger: true,
    act: () => store.setApp(chat, false),
  });
}

function item(image, label, act, testId = null) {
  return h(
    "button",
    { type: "button", role: "menuitem", class: "menu-item", "data-testid": testId, onclick: act },
    image,
    label,
  );
}
