// The dialogs that add the app to a team, with a channel chosen, or to a chat, and remove it.

import { openDialog } from "./dialog.js";
import { fill, h } from "./dom.js";

const FAILED = "That did not work. Please try again.";

/** Asks for a team, where none is given, and for a channel; `added(channel)` goes there afterwards. */
export function askToAdd({ store, team: given, added }) {
  const app = store.bot.name;
  const offered = given ? [given] : store.teams.filter((team) => !team.has_bot);
  let team = offered[0];
  let channel = team.channels[0].id;
  const channels = h("fieldset", { class: "choices" });
  const showChannels = () => {
    channel = team.channels[0].id;
    const rows = team.channels.map((one) => channelRow(one, channel, () => (channel = one.id)));
    fill(channels, h("legend", {}, "Channel"), ...rows);
  };
  showChannels();
  openDialog({
    title: given ? `Add ${app} to ${team.name}` : `Add ${app} to a team`,
    testId: "add-app-dialog",
    body: [
      !given &&
        teamChoice(offered, (id) => {
          team = offered.find((one) => one.id === id);
          showChannels();
        }),
      channels,
      h("p", { class: "hint" }, `${app} starts in this channel. It can be used in all channels of the team.`),
    ],
    confirm: {
      label: "Add",
      act: async () => {
        await store.addApp(team, channel);
        added(channel);
      },
    },
    failed: FAILED,
  });
}

/** Asks whether the app shall come into the chat; `hint` says what for. */
export function askToAddToChat({ store, chat, hint }) {
  const app = store.bot.name;
  openDialog({
    title: `Add ${app} to this chat?`,
    testId: "add-app-dialog",
    body: [h("p", { class: "hint" }, hint)],
    confirm: { label: "Add", act: () => store.setApp(chat, true) },
    failed: FAILED,
  });
}

/** Asks whether the app shall leave the team. */
export function askToRemove({ store, team }) {
  const app = store.bot.name;
  openDialog({
    title: `Remove ${app} from ${team.name}?`,
    testId: "remove-app-dialog",
    body: [h("p", { class: "hint" }, `${app} will not post there any more. What it has posted stays.`)],
    confirm: {
      label: "Remove",
      danger: true,
      act: () => store.removeApp(team),
    },
    failed: FAILED,
  });
}

function teamChoice(teams, choose) {
  const options = teams.map(({ id, name }) => h("option", { value: id }, name));
  const select = h("select", { onchange: () => choose(select.value) }, ...options);
  return h("label", { class: "field" }, h("span", {}, "Team"), select);
}

function channelRow({ id, name }, chosen, choose) {
  return h(
    "label",
    { class: "choice" },
    h("input", { type: "radio", name: "channel", value: id, checked: id === chosen, onchange: choose }),
    name,
  );
}
