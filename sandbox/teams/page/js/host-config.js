// The renderer's configuration for a theme: what both share, with the theme's colours laid in.

import * as api from "./api.js";

/** The configurations by theme's name, for the client whose cards are drawn. */
export async function loadHostConfigs(client) {
  const [shared, light, dark] = await Promise.all(["shared", "light", "dark"].map(api.hostConfig));
  const limited = { ...shared, actions: { ...shared.actions, maxActions: client.primaryActions } };
  return { light: compose(limited, light), dark: compose(limited, dark) };
}

function compose(shared, { separatorColor, foregroundColors, containers }) {
  const styles = Object.entries(containers).map(([name, colours]) => [
    name,
    { ...colours, foregroundColors },
  ]);
  return new AdaptiveCards.HostConfig({
    ...shared,
    separator: { lineThickness: 1, lineColor: separatorColor },
    containerStyles: Object.fromEntries(styles),
  });
}
