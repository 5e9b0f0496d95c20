// Keeps the page current without a reload: regions are fetched again when the account changes, forms are
// sent in the background, and times are told as distances.

const toast = document.getElementById("toast");
let toastTimer = 0;

function say(text) {
  toast.textContent = text;
  toast.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { toast.hidden = true; }, 6000);
}

// ---- regions

let refreshing = false;
let stale = false;

async function refresh() {
  if (refreshing) { stale = true; return; }
  refreshing = true;
  try {
    do {
      stale = false;
      const response = await fetch(location.href);
      if (!response.ok) break;
      const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
      setClock(fresh);
      for (const region of document.querySelectorAll("[data-region]")) replace(region, fresh);
      tellTimes();
    } while (stale);
  } catch {
    // The stream says when the account answers again.
  } finally {
    refreshing = false;
  }
}

function replace(region, fresh) {
  const next = fresh.querySelector(`[data-region="${region.dataset.region}"]`);
  const inUse = region.contains(document.activeElement) && document.activeElement.matches("select, input, textarea");
  if (!next || inUse || region.dataset.shown === next.innerHTML) return;
  const shown = next.innerHTML;
  region.innerHTML = shown;
  region.dataset.shown = shown;
}

const stream = new EventSource(`/app/live?seen=${document.body.dataset.seen}`);
let connected = false;
stream.addEventListener("change", refresh);
stream.addEventListener("open", () => { if (connected) refresh(); connected = true; });

// ---- forms

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if ("plain" in form.dataset) return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form, event.submitter));
  const response = await fetch(form.action, { method: "POST", body }).catch(() => null);
  if (response === null) { say("The simulator does not answer."); return; }
  if (!response.ok) { say(await reason(response)); return; }
  form.closest("dialog")?.close();
  form.reset();
  document.activeElement?.blur();
  if (new URL(response.url).pathname !== location.pathname) location.href = response.url;
  else refresh();
});

async function reason(response) {
  try {
    const { error } = await response.json();
    return [error.message, ...error.errors].join(" · ");
  } catch {
    return `Refused with status ${response.status}.`;
  }
}

document.addEventListener("change", (event) => {
  if (event.target.matches("select[data-submit]")) event.target.form.requestSubmit();
});

// ---- dialogs

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-opens], [data-closes]");
  if (button?.dataset.opens) document.getElementById(button.dataset.opens).showModal();
  else if (button) button.closest("dialog").close();
  else if (event.target instanceof HTMLDialogElement) event.target.close();
});

// ---- steps that the builder of workflows adds and removes

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-adds], [data-removes]");
  if (button?.dataset.adds) {
    const chosen = document.getElementById(button.dataset.adds).value;
    const step = document.querySelector(`template[data-action="${chosen}"]`).content.cloneNode(true);
    document.getElementById("steps").append(step);
  } else button?.closest("fieldset").remove();
});

// ---- times, by the account's clock, which may be ahead

const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60]];
const distance = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

let ahead = 0;

function setClock(page) {
  ahead = new Date(page.body.dataset.now) - Date.now();
}

function tellTimes() {
  for (const time of document.querySelectorAll("time")) {
    const at = new Date(time.dateTime);
    const seconds = (at - Date.now() - ahead) / 1000;
    const unit = UNITS.find(([, length]) => Math.abs(seconds) >= length);
    time.textContent = unit ? distance.format(Math.round(seconds / unit[1]), unit[0]) : "just now";
    time.title = at.toLocaleString();
  }
}

setClock(document);
tellTimes();
setInterval(tellTimes, 15000);
