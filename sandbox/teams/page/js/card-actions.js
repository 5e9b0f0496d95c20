// What a press on a card does, by the action's type.

import { h, icon } from "./dom.js";
import { safeUrl } from "./markdown.js";
import { toast } from "./toast.js";

const WENT_WRONG = "Something went wrong. Please try again.";
const UNREACHABLE = "Unable to reach app. Please try again.";
const ARCHIVED = "This team is archived.";
const DONE_BY_THE_RENDERER = new Set(["Action.ShowCard", "Action.ToggleVisibility"]);

export class CardActions {
  #store;
  #offerApp;
  #follow;
  #handlers = {
    "Action.OpenUrl": (press) => this.#openUrl(press),
    "Action.Execute": (press) => this.#execute(press),
  };

  /**
   * `offerApp()` asks whether the app shall be added to the open conversation; `follow(address)` goes where an
   * address leads within Teams, and answers whether it leads there.
   */
  constructor(store, { offerApp, follow }) {
    this.#store = store;
    this.#offerApp = offerApp;
    this.#follow = follow;
  }

  /** `press` is {action, button, message, frame}; the frame is the card's element. */
  dispatch(press) {
    const type = press.action.getJsonTypeName();
    const isBusy = press.frame.hasAttribute("aria-busy");
    if (isBusy || DONE_BY_THE_RENDERER.has(type)) return;
    const handle = this.#handlers[type];
    if (handle) handle(press);
    else showError(press.frame, `The simulator does not know ${type}.`);
  }

  #openUrl({ action, frame }) {
    const url = safeUrl(action.url ?? "");
    if (!url) showError(frame, WENT_WRONG);
    else if (!this.#follow(url)) window.open(url, "_blank", "noopener");
  }

  /** The renderer has validated the inputs by now; the answer takes effect where the card stands. */
  async #execute({ action, button, message, frame }) {
    clearError(frame);
    if (this.#store.conversation.archived) return showError(frame, ARCHIVED);
    const done = showProgress(frame, button);
    try {
      const sent = { verb: action.verb, data: action.toJSON().data ?? null, id: action.id ?? null };
      const answer = await this.#store.invoke(message, sent, inputsOf(action));
      done();
      this.#apply(answer, message, shownFrame(message, frame));
    } catch {
      done();
      showError(shownFrame(message, frame), UNREACHABLE);
    }
  }

  #apply(answer, message, frame) {
    if (answer.result === "card") this.#replaceCard(answer.card, message);
    else if (answer.result === "message") toast(answer.text);
    else if (answer.result === "offers_app") this.#offerApp();
    else if (answer.result === "error") showError(frame, answer.error || WENT_WRONG);
  }

  /** An edit that came between press and answer may be newer than the answer: then the server decides. */
  #replaceCard(card, pressed) {
    const now = this.#store.message(pressed.id);
    if (now === undefined) return; // another conversation is open by now
    if (now.edited_at === pressed.edited_at) this.#store.showPrivateCard(pressed.id, card);
    else this.#store.refresh();
  }
}

function inputsOf(action) {
  const inputs = Object.entries(action.getReferencedInputs());
  return Object.fromEntries(
    inputs.filter(([, input]) => input.isSet()).map(([id, input]) => [id, String(input.value)]),
  );
}

/** Starts the pressed button's wheel; answers what stops it. A disabled button would lose the keyboard's focus. */
function showProgress(frame, button) {
  frame.setAttribute("aria-busy", "true");
  button?.classList.add("pending");
  return () => {
    frame.removeAttribute("aria-busy");
    button?.classList.remove("pending");
  };
}

/** An edit may have drawn the card anew while the app was thinking. */
function shownFrame({ id }, frame) {
  return (
    (!frame.isConnected && document.querySelector(`[data-message-id="${CSS.escape(id)}"] .card`)) || frame
  );
}

function clearError(frame) {
  if (frame.nextElementSibling?.matches(".invoke-error")) frame.nextElementSibling.remove();
}

function showError(frame, text) {
  clearError(frame);
  const line = h(
    "p",
    { class: "invoke-error", role: "alert", "data-testid": "invoke-error" },
    icon("warning", 16),
    text,
  );
  frame.after(line);
  line.scrollIntoView({ block: "nearest" });
}
