// Addresses of messages: Teams opens them where one reads. Source: Microsoft, *Deep link to Teams chat*.

const MESSAGE = /^https:\/\/teams\.microsoft\.com\/l\/message\/([^/?]+)\/([^/?]+)/i;

/** The conversation and the message that an address leads to; null for any other address. */
export function messageAt(address) {
  const [, conversation, message] = MESSAGE.exec(address) ?? [];
  return message ? { conversation: decoded(conversation), message: decoded(message) } : null;
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
