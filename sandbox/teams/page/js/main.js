// Composition root of the page: builds the parts, connects them, and follows the address.

import { ActivityView } from "./activity.js";
import * as api from "./api.js";
import { readAddress, writeAddress } from "./address.js";
import { askToAdd, askToAddToChat, askToRemove } from "./app-dialogs.js";
import { CardActions } from "./card-actions.js";
import { prepareRenderer } from "./cards.js";
import { askForChat } from "./chat-dialogs.js";
import { ConversationView } from "./conversation.js";
import { calendarPage, meetingPage, placeAt } from "./deep-links.js";
import { loadHostConfigs } from "./host-config.js";
import { ListView } from "./list.js";
import { showRail } from "./rail.js";
import { Store } from "./store.js";
import { askWhether } from "./team-dialogs.js";
import { Theme } from "./theme.js";
import { toast } from "./toast.js";
import { TopBar } from "./topbar.js";
import { WeakestClient } from "./weakest-client.js";

const narrow = matchMedia("(max-width: 640px)");
const part = (id) => document.getElementById(id);

const store = new Store();
const theme = new Theme();
theme.start();
prepareRenderer();
const client = new WeakestClient(await api.teamsClients());

const list = new ListView(part("list"), {
  store,
  open: go,
  add,
  remove: (team) => askToRemove({ store, team }),
  openChat: () => askForChat({ store, opened: go }),
});
const activity = new ActivityView(part("list"), { store, open: go });
const conversation = new ConversationView(part("conversation"), {
  store,
  theme,
  client,
  hostConfigs: await loadHostConfigs(client),
  actions: new CardActions(store, { offerApp, follow }),
  leave: () => go(null),
  add,
  offerApp,
});
new TopBar(part("topbar"), {
  store,
  theme,
  become,
  search: (words) => {
    list.search(words);
    choose("chat");
  },
  openFirst: () => list.firstShown && go(list.firstShown.id),
});

let app = "chat";

/** Adds the app to this team, or to one that is asked for. */
function add(team = null) {
  askToAdd({ store, team, added: go });
}

/** What somebody shared or pressed needs the app in the open conversation. */
function offerApp() {
  const { conversation: open, bot } = store;
  const hint = `${bot.name} is not here yet. Once it is added, the buttons of its cards work for everybody.`;
  if (open.kind !== "channel") return askToAddToChat({ store, chat: open, hint });
  const team = store.teamOf(open.id);
  if (!team.has_bot) return add(team);
  askWhether({
    title: `Add ${bot.name} to ${open.name}?`,
    hint,
    confirm: "Add",
    act: () => store.changeTeam(team, "channelMemberAdded", { channel: open.id }),
  });
}

/** Opens a conversation, null for none, as a step the back button undoes. */
async function go(id, message = null) {
  writeAddress({ conversation: id }, { step: true });
  conversation.pointAt(message);
  await show(id);
}

/** Goes where an address leads within Teams; false where a browser should open it. */
function follow(address) {
  const meeting = meetingPage(address, store.person);
  if (meeting) {
    location.assign(meeting);
    return true;
  }
  const place = placeAt(address);
  if (!place) return false;
  if (store.find(place.conversation)) go(place.conversation, place.message);
  else toast("You are not in this conversation.");
  return true;
}

async function show(id) {
  document.body.dataset.screen = id ? "conversation" : "list";
  await store.open(id);
}

async function become(person) {
  writeAddress({ person: person.email });
  await store.become(person);
  choose(app);
  if (!store.conversation) await show(null);
}

/** Shows an app of the rail beside it. */
function choose(name) {
  app = name;
  list.filter(name === "teams" ? "channels" : null);
  drawRail();
  drawList();
}

function drawList() {
  if (app === "activity") activity.show();
  else {
    activity.leave();
    list.show();
  }
}

function drawRail() {
  showRail(part("rail"), {
    chosen: app,
    unread: store.unread,
    calendar: calendarPage(store.person),
    temporal: store.links.temporal_ui,
    choose,
  });
}

function drawTitle() {
  const count = store.unread ? `(${store.unread}) ` : "";
  const place = store.conversation ? `${store.conversation.name} | ` : "";
  document.title = `${count}${place}Teams simulator`;
}

for (const event of ["lists", "conversation"]) {
  store.on(event, drawRail);
  store.on(event, drawList);
  store.on(event, drawTitle);
}
store.on("conversation", () => {
  // Deleted while it was open: a phone would show neither it nor the list.
  if (!store.conversation) document.body.dataset.screen = "list";
});
store.on("online", () => {
  part("offline").hidden = store.online;
});
addEventListener("popstate", () => {
  const entry = store.find(readAddress().conversation);
  writeAddress({ person: store.person.email }); // an older step may have been somebody else's
  show(entry?.id ?? null);
});
part("conversation").addEventListener("click", (event) => {
  const address = event.target.closest("a[href]")?.href;
  if (address && follow(address)) event.preventDefault();
});
document.addEventListener("visibilitychange", () => {
  store.read();
  store.visit();
});

await store.start();
const asked = readAddress();
await become(store.personFor(asked.person));
const first = store.find(asked.conversation)?.id ?? (narrow.matches ? null : landingPlace());
writeAddress({ conversation: first });
await show(first);

/** Where something waits, else the first channel. */
function landingPlace() {
  const channels = store.entries.filter(({ kind }) => kind === "channel");
  return (channels.find(({ unread }) => unread) ?? channels[0])?.id ?? null;
}
