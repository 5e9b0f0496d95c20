// The simulator's page endpoints, one function each.

const SERVER_EVENTS = ["message", "unread", "lists", "reset"];

async function request(path, options) {
  const response = await fetch(path, options);
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return response.status === 204 ? null : response.json();
}

function post(path, body) {
  return request(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

export const people = () => request("/page/people");

export const lists = (person) => request(`/page/state?person=${encodeURIComponent(person)}`);

export const conversation = (id, person) =>
  request(`/page/conversations/${encodeURIComponent(id)}/messages?person=${encodeURIComponent(person)}`);

export const calendar = (person) => request(`/page/calendar?person=${encodeURIComponent(person)}`);

export const meeting = (id) => request(`/page/meetings/${encodeURIComponent(id)}`);

export const hostConfig = (name) => request(`/page/static/host-config/${name}.json`);

export const teamsClients = () => request("/page/static/teams-clients.json");

export const markRead = (person, conversation) => post("/page/read", { person, conversation });

export const say = (person, conversation, text, replyTo) =>
  post("/page/say", { person, conversation, text, reply_to: replyTo });

export const remove = (person, conversation, message) =>
  post("/page/delete", { person, conversation, message });

export const install = (person, team, channel) => post("/page/install", { person, team, channel });

export const uninstall = (person, team) => post("/page/uninstall", { person, team });

export const upgrade = (person, team) => post("/page/upgrade", { person, team });

export const changeTeam = (person, team, event, more) => post("/page/team", { person, team, event, ...more });

export const openChat = (person, people, topic) => post("/page/chats", { person, people, topic: topic || null });

export const changeChat = (person, chat, event, more) => post("/page/chat", { by: person, chat, event, ...more });

export const setApp = (person, conversation, added) => post("/page/app", { person, conversation, added });

export const search = (person, conversation, query) => post("/page/search", { person, conversation, query });

export const share = (person, conversation, result) => post("/page/share", { person, conversation, result });

export const visit = (person, conversation) => post("/page/visit", { person, conversation });

export const invoke = (press) => post("/page/invoke", press);

/** Live events for a person; the browser reconnects by itself. Returns a function that stops them. */
export function listen(person, { onEvent, onOpen, onLost }) {
  const source = new EventSource(`/page/events?person=${encodeURIComponent(person)}`);
  source.addEventListener("open", onOpen);
  source.addEventListener("error", onLost);
  for (const name of SERVER_EVENTS) {
    source.addEventListener(name, (event) => onEvent(name, JSON.parse(event.data)));
  }
  return () => source.close();
}
