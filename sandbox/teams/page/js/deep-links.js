// Addresses of chats and messages: Teams opens them where one reads. Source: Microsoft, *Deep link to Teams chat*;
// a chat's own address is its `webUrl` in Graph.

const CHAT = /^https:\/\/teams\.microsoft\.com\/l\/chat\/([^/?]+)/i;
const MESSAGE = /^https:\/\/teams\.microsoft\.com\/l\/message\/([^/?]+)\/([^/?]+)/i;

/** The conversation that an address leads to, and the message or null; null for any other address. */
export function placeAt(address) {
  const [, conversation, message = null] = MESSAGE.exec(address) ?? CHAT.exec(address) ?? [];
  return conversation ? { conversation: decoded(conversation), message: message && decoded(message) } : null;
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
