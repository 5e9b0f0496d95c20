// A person's calendar, and the meeting that an address to join leads to.

import { readAddress } from "./address.js";
import * as api from "./api.js";
import { personAvatar } from "./avatar.js";
import { calendarPage } from "./deep-links.js";
import { fill, h } from "./dom.js";
import { Theme } from "./theme.js";

const DAY = new Intl.DateTimeFormat(undefined, { weekday: "long", month: "long", day: "numeric" });
const TIME = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });

const part = (id) => document.getElementById(id);

new Theme().start();
const { people } = await api.people();
const wanted = readAddress().person;
const person = people.find(({ email, id }) => email === wanted || id === wanted) ?? people[0];
const meeting = new URLSearchParams(location.search).get("meeting");
drawBar();
await draw();
api.listen(person.id, { onEvent: (name) => ["lists", "reset"].includes(name) && draw(), onOpen: draw, onLost() {} });

function drawBar() {
  const query = new URLSearchParams(location.search);
  query.delete("meeting");
  const choice = h("select", {
    "aria-label": "Look as",
    onchange: () => location.assign(calendarPage(people[choice.selectedIndex], meeting)),
  });
  choice.append(...people.map((one) => h("option", { selected: one === person }, one.name)));
  fill(
    part("topbar"),
    h(
      "a",
      { class: "brand", href: `/?${query}` },
      h("img", { src: "/page/static/favicon.svg", alt: "", width: 20, height: 20 }),
      "Teams simulator",
    ),
    choice,
  );
}

async function draw() {
  if (meeting) await drawMeeting();
  else drawCalendar(await api.calendar(person.id));
}

function drawCalendar(entries) {
  const days = Map.groupBy(entries, ({ starts_at: at }) => DAY.format(new Date(at)));
  fill(
    part("calendar"),
    h("h1", {}, `${person.name}'s calendar`),
    entries.length ? null : h("p", { class: "none" }, "Nothing is planned."),
    [...days].map(([day, ofDay]) => [h("h2", {}, day), ofDay.map(entryLine)]).flat(2),
  );
}

function entryLine(entry) {
  return h(
    "article",
    { class: "calendar-entry", "data-testid": "calendar-entry" },
    h(
      "div",
      { class: "lines" },
      h("p", { class: "subject" }, entry.subject || "(No subject)"),
      h("p", { class: "about" }, `${times(entry)} · ${entry.organizer}`),
      entry.meeting ? null : h("p", { class: "about" }, "Without a Teams meeting"),
    ),
    entry.meeting && h("a", { class: "join", href: calendarPage(person, entry.meeting) }, "Join"),
  );
}

async function drawMeeting() {
  const found = await api.meeting(meeting).catch(() => null);
  document.title = `${found?.subject || "Meeting"} | Teams simulator`;
  fill(
    part("calendar"),
    found ? meetingCard(found) : h("p", { class: "none" }, "There is no such meeting, or not any more."),
    h("p", {}, h("a", { href: calendarPage(person) }, "Back to the calendar")),
  );
}

function meetingCard(found) {
  const day = DAY.format(new Date(found.starts_at));
  return h(
    "section",
    { class: "meeting", "data-testid": "meeting" },
    h("h1", {}, found.subject || "(No subject)"),
    h("p", { class: "about" }, `${day}, ${times(found)}`),
    found.dial_in && h("p", { class: "about" }, `By telephone: ${found.dial_in}`),
    h("h2", {}, "Who would be there"),
    h(
      "ul",
      {},
      attendant(found.organizer, "organizes"),
      found.invited.map((name) => attendant(name, "is invited")),
    ),
  );
}

function attendant(name, how) {
  return h("li", {}, personAvatar(name, 32), h("span", {}, name), h("span", { class: "about" }, how));
}

function times({ starts_at: start, ends_at: end }) {
  return TIME.formatRange(new Date(start), new Date(end));
}
