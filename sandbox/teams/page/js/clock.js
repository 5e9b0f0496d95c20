// Times and days as the reader's own locale writes them.

const TIME = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const SHORT_DAY = new Intl.DateTimeFormat(undefined, { month: "numeric", day: "numeric" });
const LONG_DAY = new Intl.DateTimeFormat(undefined, { weekday: "long", month: "long", day: "numeric" });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const DAY_MS = 86_400_000;

function daysAgo(date) {
  const midnight = (moment) => new Date(moment).setHours(0, 0, 0, 0);
  return Math.round((midnight(Date.now()) - midnight(date)) / DAY_MS);
}

/** A message's time: the day is named unless it is today. */
export function timeOf(iso) {
  const date = new Date(iso);
  const days = daysAgo(date);
  if (days <= 0) return TIME.format(date);
  return `${days === 1 ? "Yesterday" : SHORT_DAY.format(date)} ${TIME.format(date)}`;
}

/** For narrow places: the time today, the day otherwise. */
export function briefTimeOf(iso) {
  const date = new Date(iso);
  return daysAgo(date) <= 0 ? TIME.format(date) : SHORT_DAY.format(date);
}

/** The heading over a day's messages. */
export function dayOf(iso) {
  const date = new Date(iso);
  const days = daysAgo(date);
  if (days <= 0) return "Today";
  return days === 1 ? "Yesterday" : LONG_DAY.format(date);
}

/** Everything, for a tooltip. */
export const fullTimeOf = (iso) => FULL.format(new Date(iso));
