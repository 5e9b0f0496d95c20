// The renderer's configuration for a theme: what both share, with the theme's colours laid in.

import * as api from "./api.js";

/** The configurations by theme's name. */
export async function loadHostConfigs() {
  const [shared, light, dark] = await Promise.all(["shared", "light", "dark"].map(api.hostConfig));
  return { light: compose(shared, light), dark: compose(shared, dark) };
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
