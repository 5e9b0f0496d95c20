"""Commands, as they are read from what Teams sends."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.bot.commands.parser import Command, Mentioned, parse

BOT = "<at>Muster</at>"
ADA = "<at>Ada Ops</at>"
OURS, ADAS = Mentioned(BOT, True), Mentioned(ADA, False)
KEY = "7K2MQ9XWTB4D"
URL = "https://acme.pagerduty.com/service-directory/PSVC001"

CASES = {
    "a colon and no space": (f"authorize:{KEY}", "authorize", KEY),
    "a wide colon": (f"AUTHORIZE\uff1a{KEY} now", "authorize", f"{KEY} now"),
    "a colon and brackets": (f"{BOT} authorize:&lt;{KEY}&gt;", "authorize", f"<{KEY}"),
    "an address alone": (URL, URL.casefold(), ""),
    "alone": ("help", "help", ""),
    "with an argument": (f"authorize {KEY}", "authorize", KEY),
    "case of the command alone": (f"AuthorIZE {KEY.lower()}", "authorize", KEY.lower()),
    "mention in front": (f"{BOT} help", "help", ""),
    "mention without a space": (f"{BOT}help", "help", ""),
    "mention behind": (f"help {BOT}", "help", ""),
    "mention between": (f"connect {BOT} PSVC001", "connect", "PSVC001"),
    "mention with attributes": ('<at id="0">Muster</at> help', "help", ""),
    "mention in another case": ("<AT>MUSTER</AT> help", "help", ""),
    "typed mention": ("@Muster help", "help", ""),
    "typed mention with a comma": ("@muster, help", "help", ""),
    "another's mention": (f"{BOT} page {ADA}", "page", "Ada Ops"),
    "another's mention in front": (f"{ADA} help", "ada", "Ops help"),
    "entities": ("page &quot;R&amp;D&quot; &lt;all&gt;", "page", '"R&D" <all>'),
    "entities that are none": ("page R&D &unknown; &#x110000;", "page", "R&D &unknown; \ufffd"),
    "no-break space": (f"{BOT}\u00a0authorize\u00a0{KEY}", "authorize", KEY),
    "no-break space as an entity": (f"{BOT}&nbsp;authorize&nbsp;{KEY}", "authorize", KEY),
    "other spaces": (f"\u3000authorize\t\n\u2003{KEY}\r\n", "authorize", KEY),
    "zero-width": (f"\ufeffauth\u200borize\u200b {KEY[:6]}\u2060{KEY[6:]}", "authorize", KEY),
    "bidirectional": ("\u202ehelp\u202c", "help", ""),
    "paragraph": (f"<p>{BOT} help</p>", "help", ""),
    "markup": ("<div><b>authorize</b><br/>" + f"<span class='x'>{KEY}</span></div>", "authorize", KEY),
    "markdown": ("**help**", "help", ""),
    "punctuation": ("  /help!", "help", ""),
    "stray signs": (" - help", "help", ""),
    "placeholder": (f"authorize <{KEY}>", "authorize", f"<{KEY}>"),
    "less than": ("note 1 < 2 and 3 > 2", "note", "1 < 2 and 3 > 2"),
    "address": (f"connect {URL}", "connect", URL),
    "address as a link": (f'connect <a href="{URL}">{URL}</a>', "connect", URL),
    "address under a label": (f"connect <a title='x' href='{URL}'>Checkout</a> now", "connect", f"{URL} now"),
    "address with an entity": (
        'connect <a href="https://x/?a=1&amp;b=2">x</a>',
        "connect",
        "https://x/?a=1&b=2",
    ),
    "address in Markdown": (f"connect [{URL}]({URL})", "connect", URL),
    "address under a label in Markdown": (f"connect [Checkout]({URL})", "connect", URL),
    "address in angle brackets": (f"connect <{URL}>", "connect", URL),
    "address in escaped brackets": (f"connect &lt;{URL}&gt;", "connect", URL),
    "link without its end": (f'connect <a href="{URL}">', "connect", URL),
    "argument in its case": ("page Ada OPS", "page", "Ada OPS"),
    "several lines": ("help\n\nthanks,\nAda", "help", "thanks, Ada"),
    "empty": ("", "", ""),
    "spaces alone": (" \u00a0\n", "", ""),
    "mention alone": (BOT, "", ""),
    "markup alone": ("<p>&nbsp;</p>", "", ""),
    "signs alone": ("?!", "", ""),
    "NUL": ("he\0lp", "help", ""),
    "lone surrogate": ("help\ud83d", "help", ""),
    "emoji": ("👍 help", "👍", "help"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_message_is_read(case: str) -> None:
    text, name, argument = CASES[case]
    listed = [mention for mention in (OURS, ADAS) if mention.text in text]
    for mentions in (sorted(listed, key=lambda mention: text.index(mention.text)), []):
        assert parse(text, mentions=mentions, names=("Muster",)) == Command(name, argument)


def test_a_person_of_the_bots_name_is_kept() -> None:
    mentions = [OURS, Mentioned(BOT, False)]
    assert parse(f"{BOT} page {BOT}", mentions=mentions, names=("Muster",)) == Command("page", "Muster")


def test_our_mention_is_known_by_its_id_whatever_it_is_called() -> None:
    renamed = "<at>Incident Bot</at>"
    assert parse(f"{renamed} help", mentions=[Mentioned(renamed, True)], names=("Muster",)).name == "help"


def test_a_long_name_is_taken_out() -> None:
    assert parse("@Muster for Acme: help", names=("Muster for Acme",)).name == "help"
    assert parse("<at>Muster &amp; Co</at> help", names=("Muster & Co",)).name == "help"


def test_a_mention_that_the_text_does_not_hold_changes_nothing() -> None:
    assert parse("help me", mentions=[Mentioned("<at>X</at>", True), Mentioned("", True)]) == ("help", "me")


@pytest.mark.parametrize(
    "piece",
    [
        "x",
        "<",
        "<at>",
        "<a href=",
        "<a href='x'>",
        "&amp;",
        "[",
        "[](https://",
        "\u200b",
        "<https://",
        "@",
        "**",
    ],
)
def test_twenty_kilobytes_of_anything_take_a_moment(piece: str) -> None:
    text = (piece * (20 * 1024 // len(piece))) + " help"
    began = time.process_time()
    parse(text, mentions=[OURS] * 100, names=("Muster",))
    assert time.process_time() - began < 0.5


@given(st.text(max_size=200), st.lists(st.tuples(st.text(max_size=20), st.booleans()), max_size=4))
def test_no_text_is_a_failure(text: str, mentions: list[tuple[str, bool]]) -> None:
    command = parse(text, mentions=[Mentioned(*mention) for mention in mentions], names=("Muster",))
    assert command.name == command.name.casefold()
    assert " ".join(command.argument.split()) == command.argument


@given(st.sampled_from(["help", "status", "open"]), st.text(alphabet=" \u00a0\u200b\n\t", max_size=6))
def test_a_command_is_found_among_any_spaces(name: str, space: str) -> None:
    assert parse(f"{space}{BOT}{space}{name}{space}", mentions=[OURS]) == Command(name, "")
