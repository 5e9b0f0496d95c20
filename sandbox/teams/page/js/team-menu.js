// The menus of teams and channels, and of those that were deleted: what a person can do to them.

import { h, icon } from "./dom.js";
import { toggleMenu } from "./menu.js";
import { askForName, askForPerson, askWhether } from "./team-dialogs.js";

/** A button with three dots; `items` are [icon, label, act], false ones are left out. */
export function moreButton({ name, testId, entry, items }) {
  const shown = items
    .filter(Boolean)
    .map(([image, label, act]) =>
      h("button", { type: "button", role: "menuitem", class: "menu-item", onclick: act }, icon(image, 18), label),
    );
  const button = h(
    "button",
    {
      type: "button",
      class: "plain-button team-more",
      "aria-label": `More options for ${name}`,
      "aria-haspopup": "menu",
      "aria-expanded": "false",
      "data-testid": testId,
      "data-entry": entry,
      onclick: () => toggleMenu(button, shown, { label: `Options for ${name}` }),
    },
    icon("more", 20),
  );
  return button;
}

/** What can be done to a team; of an archived one, what Teams still offers. */
export function teamItems({ store, team, add, remove }) {
  const app = store.bot.name;
  const change = (event, more) => store.changeTeam(team, event, more);
  const here = store.people.filter(({ id }) => team.members.includes(id));
  const others = store.people.filter(({ id }) => !team.members.includes(id));
  const { name, archived } = team;
  return [
    !archived && !team.has_bot && ["add", `Add ${app}`, () => add(team)],
    !archived && team.has_bot && ["restore", `Update ${app}`, () => ask(`Update ${app} in ${name}?`, `${app} gets its newer version there.`, "Update", () => store.upgradeApp(team))],
    !archived && team.has_bot && ["delete", `Remove ${app}`, () => remove(team)],
    !archived && ["add", "Add channel", () => askForName({ title: `Add a channel to ${name}`, label: "Name", types: true, confirm: "Add", act: (channel, type) => change("channelCreated", { name: channel, type }) })],
    !archived && ["edit", "Rename team", () => askForName({ title: `Rename ${name}`, label: "Name", value: name, confirm: "Rename", act: (next) => change("teamRenamed", { name: next }) })],
    others.length > 0 && ["add", "Add member", () => askForPerson({ title: `Add a member to ${name}`, people: others, confirm: "Add", act: (member) => change("teamMemberAdded", { member }) })],
    here.length > 0 && ["delete", "Remove member", () => askForPerson({ title: `Remove a member from ${name}`, people: here, confirm: "Remove", danger: true, act: (member) => change("teamMemberRemoved", { member }) })],
    archived
      ? ["restore", "Restore team", () => ask(`Restore ${name}?`, "Everybody can write there again.", "Restore", () => change("teamUnarchived"))]
      : ["archive", "Archive team", () => ask(`Archive ${name}?`, "Everybody can read there, and nobody write.", "Archive", () => change("teamArchived"))],
    ["delete", "Delete team", () => danger(`Delete ${name}?`, "Its channels go with it. The team can be restored.", "Delete", () => change("teamDeleted"))],
  ];
}

/** What can be done to a channel that is not General. */
export function channelItems({ store, team, channel }) {
  const app = store.bot.name;
  const { name } = channel;
  const change = (event, more) => store.changeTeam(team, event, { channel: channel.id, ...more });
  const ownApp = channel.type !== "standard" && team.has_bot;
  return [
    ownApp && !channel.has_bot && ["add", `Add ${app}`, () => ask(`Add ${app} to ${name}?`, `${app} can be used in this channel.`, "Add", () => change("channelMemberAdded"))],
    ownApp && channel.has_bot && ["delete", `Remove ${app}`, () => danger(`Remove ${app} from ${name}?`, "What it has posted stays.", "Remove", () => change("channelMemberRemoved"))],
    ["edit", "Rename channel", () => askForName({ title: `Rename ${name}`, label: "Name", value: name, confirm: "Rename", act: (next) => change("channelRenamed", { name: next }) })],
    ["delete", "Delete channel", () => danger(`Delete ${name}?`, "The channel can be restored, with its messages.", "Delete", () => change("channelDeleted"))],
  ];
}

/** What can be done to a deleted team. */
export function deletedTeamItems({ store, team }) {
  return [
    ["restore", "Restore team", () => ask(`Restore ${team.name}?`, "Its channels come back with their messages.", "Restore", () => store.changeTeam(team, "teamRestored"))],
    ["delete", "Delete for good", () => danger(`Delete ${team.name} for good?`, "Nobody can restore it any more.", "Delete", () => store.changeTeam(team, "teamHardDeleted"))],
  ];
}

/** What can be done to a deleted channel. */
export function deletedChannelItems({ store, team, channel }) {
  return [
    ["restore", "Restore channel", () => ask(`Restore ${channel.name}?`, "It comes back with its messages.", "Restore", () => store.changeTeam(team, "channelRestored", { channel: channel.id }))],
  ];
}

function ask(title, hint, confirm, act) {
  askWhether({ title, hint, confirm, act });
}

function danger(title, hint, confirm, act) {
  askWhether({ title, hint, confirm, danger: true, act });
}
