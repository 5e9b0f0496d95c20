// Who looks at which conversation in which theme, kept in the page's address so that it can be shared.

/** What the address asks for. */
export function readAddress() {
  const query = new URLSearchParams(location.search);
  return { person: query.get("person"), conversation: query.get("conversation"), theme: query.get("theme") };
}

/** Writes `changes` into the address; `step` makes it a step that the browser's back button undoes. */
export function writeAddress(changes, { step = false } = {}) {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) query.delete(name);
    else query.set(name, value);
  }
  const address = query.size ? `?${query}` : location.pathname;
  if (step && address !== location.search) history.pushState(null, "", address);
  else history.replaceState(null, "", address);
}
