// Where the reader is in a conversation: changes above must not move what they read.

const NEAR_END = 48;

export class Scroller {
  #element;

  constructor(element) {
    this.#element = element;
  }

  get atEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.#element;
    return scrollHeight - scrollTop - clientHeight < NEAR_END;
  }

  get position() {
    return this.#element.scrollTop;
  }

  set position(top) {
    this.#element.scrollTop = top;
  }

  toEnd() {
    this.#element.scrollTop = this.#element.scrollHeight;
  }

  /** Makes a change at `element`; who was at the end stays there, others keep what they see. */
  keepPlace(element, change) {
    const { atEnd } = this;
    const view = this.#element.getBoundingClientRect();
    const above = element !== null && element.getBoundingClientRect().bottom <= view.top;
    const before = this.#element.scrollHeight;
    const { scrollTop } = this.#element;
    change();
    if (atEnd) this.toEnd();
    else this.#element.scrollTop = above ? scrollTop + this.#element.scrollHeight - before : scrollTop;
  }

  shows(element) {
    const view = this.#element.getBoundingClientRect();
    const { top, bottom } = element.getBoundingClientRect();
    return bottom > view.top && top < view.bottom;
  }
}
