// Addresses of chats, messages and meetings: Teams opens them where one reads. Source: Microsoft, *Deep link to
// Teams chat*; a chat's own address is its `webUrl` in Graph, a meeting's its `joinWebUrl`.

const CHAT = /^https:\/\/teams\.microsoft\.com\/l\/chat\/([^/?]+)/i;
const MESSAGE = /^https:\/\/teams\.microsoft\.com\/l\/message\/([^/?]+)\/([^/?]+)/i;
const MEETING = /^https:\/\/teams\.microsoft\.com\/l\/meetup-join\/([^/?]+)/i;

/** The conversation that an address leads to, and the message or null; null for any other address. */
export function placeAt(address) {
  const [, conversation, message = null] = MESSAGE.exec(address) ?? CHAT.exec(address) ?? [];
  return conversation ? { conversation: decoded(conversation), message: message && decoded(message) } : null;
}

/** The page of the meeting that an address joins, as somebody sees it; null for any other address. */
export function meetingPage(address, person) {
  const [, meeting] = MEETING.exec(address) ?? [];
  return meeting ? calendarPage(person, decoded(meeting)) : null;
}

/** The page of somebody's calendar, or of a meeting, in the theme of this page. */
export function calendarPage(person, meeting = null) {
  const query = new URLSearchParams(location.search);
  query.delete("conversation");
  query.set("person", person.email);
  if (meeting) query.set("meeting", meeting);
  else query.delete("meeting");
  return `/calendar?${query}`;
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
