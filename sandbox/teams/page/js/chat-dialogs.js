// The dialogs of group chats: with whom to open one, who comes, who goes, and its topic.

import { personAvatar } from "./avatar.js";
import { openDialog } from "./dialog.js";
import { h } from "./dom.js";

const FAILED = "That did not work. Please try again.";
const TOPIC_LIMIT = 250;

/** Asks for people and a topic, and opens a chat; `opened(id)` goes there. */
export function askForChat({ store, opened }) {
  const others = store.people.filter(({ id }) => id !== store.person.id);
  const topic = topicInput("");
  const [people, chosen] = choiceOf(others, "People");
  openDialog({
    title: "New chat",
    testId: "chat-dialog",
    body: [people, field("Topic (optional)", topic)],
    confirm: {
      label: "Open",
      act: async () => opened(await store.openChat(chosen(), topic.value.trim())),
    },
    failed: "Choose somebody, and a topic without a colon.",
  });
}

/** Asks for people who come into the chat. */
export function askToAddPeople({ store, chat, others }) {
  const [people, chosen] = choiceOf(others, "People");
  openDialog({
    title: `Add people to ${chat.name}`,
    testId: "chat-dialog",
    body: [people, h("p", { class: "hint" }, "They see everything that was written before.")],
    confirm: { label: "Add", act: () => store.changeChat(chat, "membersAdded", { people: chosen() }) },
    failed: "Choose somebody.",
  });
}

/** Asks whether the person shall leave the chat. */
export function askToRemovePerson({ store, chat, person }) {
  const own = person.id === store.person.id;
  openDialog({
    title: own ? `Leave ${chat.name}?` : `Remove ${person.name} from ${chat.name}?`,
    testId: "chat-dialog",
    body: [h("p", { class: "hint" }, "What was written stays for the others.")],
    confirm: {
      label: own ? "Leave" : "Remove",
      danger: true,
      act: () => store.changeChat(chat, "membersRemoved", { people: [person.id] }),
    },
    failed: FAILED,
  });
}

/** Asks for the chat's topic; an empty one names it after its people again. */
export function askForTopic({ store, chat }) {
  const topic = topicInput(chat.topic);
  openDialog({
    title: `Rename ${chat.name}`,
    testId: "chat-dialog",
    body: [field("Topic", topic)],
    confirm: { label: "Rename", act: () => store.changeChat(chat, "topicName", { topic: topic.value.trim() }) },
    failed: "A topic has no colon.",
  });
  topic.select();
}

/** A list to choose people from, and what answers the ids of the chosen ones. */
function choiceOf(people, legend) {
  const boxes = people.map(({ id }) => h("input", { type: "checkbox", name: "person", value: id }));
  const rows = people.map(({ name }, index) =>
    h("label", { class: "choice" }, boxes[index], personAvatar(name, 24), name),
  );
  const list = h("fieldset", { class: "choices" }, h("legend", {}, legend), ...rows);
  return [list, () => boxes.filter(({ checked }) => checked).map(({ value }) => value)];
}

function topicInput(value) {
  return h("input", { type: "text", value, maxlength: TOPIC_LIMIT, autocomplete: "off" });
}

function field(label, input) {
  return h("label", { class: "field" }, h("span", {}, label), input);
}
