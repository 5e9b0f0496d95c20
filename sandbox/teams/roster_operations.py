"""The connector's read operations: members of a conversation, and the bot's conversations."""

from sandbox.teams.conversations import Conversations, split_thread
from sandbox.teams.errors import bad_syntax, member_not_found
from sandbox.teams.operations import Operation, Result
from sandbox.teams.rate_limits import RateWindows
from sandbox.teams.state import Conversation, Json

PAGE_SIZE = 50


class RosterOperations:
    """Reads members (all, a page, or one) and conversations."""

    def __init__(self, conversations: Conversations, limits: RateWindows) -> None:
        self._conversations = conversations
        self._limits = limits

    def conversations(self) -> Operation:
        """Every conversation that the bot is in, with its members."""

        def run() -> Result:
            self._limits.admit("read", "")
            listed = [
                {"id": c.id, "members": self._members(c)}
                for c in self._conversations.state.conversations.values()
                if self._conversations.bot_is_in(c)
            ]
            return Result(200, {"conversations": listed})

        return Operation("conversations", "", None, run)

    def members(self, conversation_id: str) -> Operation:
        """All members in one answer."""
        base, _ = split_thread(conversation_id)
        return Operation("members", base, None, lambda: Result(200, self._members(self._admit(base))))

    def activity_members(self, conversation_id: str, message_id: str) -> Operation:
        """The members of a message's conversation."""
        base, _ = split_thread(conversation_id)

        def run() -> Result:
            conversation = self._admit(base)
            self._conversations.shared_message(conversation, message_id)
            return Result(200, self._members(conversation))

        return Operation("members", base, message_id, run)

    def paged_members(self, conversation_id: str, page_size: str | None, token: str | None) -> Operation:
        """A page of members and the token of the next one."""
        base, _ = split_thread(conversation_id)
        size, start = _number(page_size, PAGE_SIZE, "pageSize"), _number(token, 0, "continuationToken")

        def run() -> Result:
            members = self._members(self._admit(base))
            page: Json = {"members": members[start : start + size]}
            if start + size < len(members):
                page["continuationToken"] = str(start + size)
            return Result(200, page)

        return Operation("members", base, None, run)

    def member(self, conversation_id: str, member_id: str) -> Operation:
        """One member by ``29:`` id or AAD object id."""
        base, _ = split_thread(conversation_id)

        def run() -> Result:
            conversation = self._admit(base)
            for account in self._members(conversation):
                if member_id in (account["id"], account["aadObjectId"]):
                    return Result(200, account)
            raise member_not_found()

        return Operation("members", base, None, run)

    def _admit(self, conversation_id: str) -> Conversation:
        conversation = self._conversations.get_as_bot(conversation_id, writing=False)
        self._limits.admit("read", conversation.id)
        return conversation

    def _members(self, conversation: Conversation) -> list[Json]:
        roster = self._conversations.roster
        return [roster.member_account(person) for person in self._conversations.people_in(conversation)]


def _number(text: str | None, default: int, name: str) -> int:
    if text is None:
        return default
    if not text.isdecimal():
        raise bad_syntax(f"{name} is not a number.")
    return int(text)
