// A card as the weakest of Teams' clients draws it. teams-clients.json says what that is, by source; Microsoft's
// renderer does more. What the table names is taken out of a copy of the card before the renderer sees it.

/** Stands inside a text that the renderer would change, until the text is drawn. No card has this character. */
export const GUARD = "\uE000";

const UNTYPED = { facts: "Fact", columns: "Column" };
const NOT_DRAWN = new Set(["data", "fallback", "msteams", "refresh", "targetElements"]);
const FORMATTED = new Set(["TextBlock", "TextRun", "Fact"]); // the renderer changes the texts of these alone

export class WeakestClient {
  #rules;

  /** `table` is teams-clients.json. */
  constructor(table) {
    this.#rules = table.features.flatMap(({ rule }) => rule ?? []);
  }

  /** How many actions of a set it draws beside the overflow menu. */
  get primaryActions() {
    return this.#rules.find(({ kind }) => kind === "overflow").limit;
  }

  /** What it draws of `card`; null where it draws no card at all. */
  adapt(card) {
    try {
      return this.#element(structuredClone(card), "AdaptiveCard", { outermost: true });
    } catch (error) {
      if (error instanceof Blank) return null;
      throw error;
    }
  }

  /** The element without what has no effect, or null if it is not drawn. */
  #element(element, untyped, { outermost = false } = {}) {
    const type = element.type ?? untyped;
    for (const rule of this.#rules.filter(({ of }) => of.some((pattern) => matches(pattern, type)))) {
      if (rule.outermost && !outermost) continue;
      if (rule.kind === "blank" && !has(element, rule)) throw new Blank();
      if (rule.kind === "undrawn" && has(element, rule)) return null;
      if (rule.kind === "ignored") for (const name of held(element, rule)) delete element[name];
      if (rule.kind === "raw" && FORMATTED.has(type))
        for (const name of held(element, rule)) element[name] = guarded(element[name], rule);
    }
    for (const [name, value] of Object.entries(element)) {
      if (NOT_DRAWN.has(name)) continue;
      if (name === "inlines" && Array.isArray(value)) element[name] = this.#inlines(value);
      else if (Array.isArray(value)) element[name] = this.#elements(value, UNTYPED[name]);
      else if (isObject(value)) element[name] = this.#element(value);
    }
    return element;
  }

  #elements(values, untyped) {
    const drawn = values.map((value) => (isObject(value) ? this.#element(value, untyped) : value));
    return drawn.filter((value) => value !== null);
  }

  /** What was a link and is none stands on a line of its own. */
  #inlines(values) {
    const runs = values.map((value) => (isObject(value) ? value : { type: "TextRun", text: value }));
    const wereLinks = runs.map((run) => Boolean(run.selectAction));
    return this.#elements(runs).map((run, index) => {
      if (!wereLinks[index] || run.selectAction) return run;
      const before = index > 0 && !wereLinks[index - 1] ? "\n" : "";
      const after = index < runs.length - 1 ? "\n" : "";
      return { ...run, text: `${before}${run.text}${after}` };
    });
  }
}

class Blank extends Error {}

/** `*` stands for any rest of a type's name. */
function matches(pattern, type = "") {
  return pattern.endsWith("*") ? type.startsWith(pattern.slice(0, -1)) : type === pattern;
}

function has(element, rule) {
  return !rule.properties || held(element, rule).length > 0;
}

/** The properties of the rule that the element has, with the rule's values or pattern where it names any. */
function held(element, { properties, values, pattern }) {
  return properties.filter((name) => {
    const value = element[name];
    if (value === undefined || value === null) return false;
    if (values) return values.includes(value);
    return !pattern || (typeof value === "string" && new RegExp(pattern).test(value));
  });
}

function guarded(text, { pattern }) {
  return text.replace(new RegExp(pattern, "g"), (found) => found[0] + GUARD + found.slice(1));
}

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
