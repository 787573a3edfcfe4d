import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from tui_mail.mime.parse import cut_part, parse_message
from tui_mail.mime.readable import make_readable, plain_fallback
from tui_mail.mime.render import MAX_MEMORY, Renderer
from tui_mail.model.displayable import displayable_lines
from tui_mail.model.ids import PartId
from tui_mail.model.message import Envelope
from tui_mail.model.readable import ReadableText

HOSTILE = {
    "unclosed tags": "<a " * 100_000,
    "unclosed comments": "<!--" * 100_000,
    "cdata": "a <![CDATA[" * 80_000,
    "paragraphs": "<p>" * 300_000,
    "style": "<style>" + "x" * 5_000_000,
    "lists": "<ul><li>x" * 10_000,
    "depth": "<div>" * 100_000 + "x",
    "quotes": "<blockquote>" * 20_000,
    "brackets": "<" * 500_000,
    "entities": "&amp;" * 200_000,
    "links": "".join(f'<a href="http://x.example/{n}">y</a>' for n in range(20_000)),
    "tables": "<table><tr><td>" * 5_000,
    "hidden": '<div style="display:none">' * 3_000,
}


@pytest.fixture(scope="module")
def renderer() -> Iterator[Renderer]:
    with Renderer() as one:
        yield one


def page(markup: str, head: str = "From: a@x.example\n") -> bytes:
    return f"{head}Content-Type: text/html; charset=utf-8\n\n{markup}".encode()


def shown(
    renderer: Renderer, markup: str, head: str = "From: a@x.example\n"
) -> ReadableText:
    return renderer.render_octets(page(markup, head), deadline=30)[1]


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_hostile_html_gives_a_bounded_text(renderer: Renderer, name: str) -> None:
    _, text = renderer.render_octets(page(HOSTILE[name]))
    assert len(text.text) < 1_500_000
    assert text.text == displayable_lines(text.text)


def test_links_are_numbered_and_listed(renderer: Renderer) -> None:
    text = shown(
        renderer,
        '<p>See <a href="https://c.example/menu">the canal</a>, or'
        ' <a href="https://d.example/">that</a>.</p>',
    )
    assert text.text == (
        "See the canal [1], or that [2].\n\n[1] https://c.example/menu\n[2] https://d.example/"
    )
    assert text.links[0].text == "the canal"
    assert text.snippet == "See the canal, or that."


def test_what_pretends_is_said(renderer: Renderer) -> None:
    text = shown(
        renderer,
        '<a href="https://x.example">hi</a>'
        '<a href="http://evil.example/l">https://www.bank.example/login</a>'
        '<img src="https://e.example/a.png" width=1><img src="https://e.example/b.png">',
        'From: "service@bank.example" <x9@evil.example>\nReply-To: c@elsewhere.example\n',
    )
    assert text.warnings == (
        "The name says service@bank.example; the address is x9@evil.example",
        "Replies go to c@elsewhere.example, another domain than the sender's evil.example",
        "Link 2 shows www.bank.example and goes to evil.example",
        "1 remote image and 1 tracker were left out.",
    )


def test_a_host_that_mixes_scripts_is_shown_as_it_is_sent(renderer: Renderer) -> None:
    text = shown(renderer, '<a href="https://p\u0430ypal.example/">log in</a>')
    assert "xn--pypal-4ve.example" in text.warnings[0]


def test_hidden_words_are_left_out_and_entities_stay_harmless(
    renderer: Renderer,
) -> None:
    text = shown(
        renderer,
        '<div style="display: NONE">secret <b hidden>x</b></div><script>s</script>'
        "<p>1. a &lt;b&gt; &amp;lt; c\\d - &#27;[2J &#8238;</p>",
    )
    assert text.text == "1. a <b> &lt; c\\d - ␛[2J ‹RLO›"


def test_data_stands_in_columns_and_layout_flows(renderer: Renderer) -> None:
    text = shown(
        renderer,
        "<table><tr><td><table><tr><th>Item</th><th>Qty</th></tr>"
        "<tr><td>Coffee</td><td>12</td></tr><tr><td>Tea</td><td>3</td></tr></table>"
        "</td></tr></table>",
    )
    assert text.text == "Item    Qty\n──────  ───\nCoffee   12\nTea       3"


def test_the_plain_text_stands_as_it_is_and_its_links_are_listed(
    renderer: Renderer,
) -> None:
    message = (
        b"From: a@x.example\n\nOn Mon, B wrote:\n> old\n\n"
        b"New (https://x.example/a).\n<mailto:b@x.example?subject=New> mailto:no\n"
        b"-- \nme"
    )
    structure, text = renderer.render_octets(message, deadline=30)
    assert structure.part_id == "1"
    assert text.kind == "plain"
    assert [link.url for link in text.links] == [
        "https://x.example/a",
        "mailto:b@x.example?subject=New",
    ]
    assert text.snippet.startswith("New (https://x.example/a).")


def test_parts_of_the_store_are_rendered_too(renderer: Renderer) -> None:
    message = page("<p>x</p>")
    structure = parse_message(message)
    parts = {PartId("1"): cut_part(message, PartId("1")) or b""}
    assert renderer.render(b"", structure, parts, deadline=30).text == "x"
    assert make_readable(Envelope(), structure, parts).text == "x"
    assert plain_fallback(Envelope(), structure, parts).text == "x"


def test_a_missed_deadline_gives_the_fallback_and_the_next_message_is_whole() -> None:
    with Renderer() as renderer:
        _, text = renderer.render_octets(
            page("<p>a</p><style>b</style>c"), deadline=0.0
        )
        assert text.text == "a\nc" or text.text == "ac"
        assert "in time" in text.warnings[0]
        assert shown(renderer, "<p>whole</p>").warnings == ()


def test_a_child_that_hangs_is_killed_at_the_deadline() -> None:
    with Renderer() as renderer:
        shown(renderer, "a")
        hanging = renderer._children[0]
        os.kill(hanging.pid, signal.SIGSTOP)
        _, text = renderer.render_octets(page("<p>b</p>"), deadline=0.2)
        assert text.text == "b"
        assert "in time" in text.warnings[0]
        assert hanging not in renderer._children
        assert shown(renderer, "<p>c</p>").warnings == ()


def test_a_child_that_was_killed_is_replaced() -> None:
    with Renderer() as renderer:
        shown(renderer, "a")
        renderer._children[0]._pipes._process.kill()
        assert shown(renderer, "b").text == "b"
        assert shown(renderer, "<p>c</p>").warnings == ()


def test_several_threads_get_each_their_own(renderer: Renderer) -> None:
    got: dict[int, str] = {}

    def work(number: int) -> None:
        got[number] = shown(renderer, f"<p>n{number}</p>").text

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == {number: f"n{number}" for number in range(8)}


def test_the_child_never_imports_a_network() -> None:
    code = (
        "import sys; from tui_mail.mime import render_child as c; "
        "c.html_to_text('<a href=http://x>y</a>'); "
        "sys.exit(any(n in sys.modules for n in ('socket', 'ssl', 'http.client')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_child_of_a_large_process_is_not_taken_for_worn() -> None:
    """What it had when it began is its parent's, and no reason for another one."""
    ballast = bytearray(b"x" * (MAX_MEMORY + 20_000_000))
    with Renderer() as renderer:
        renderer.render_octets(b"\r\nfirst")
        child = renderer._children[0].pid
        renderer.render_octets(b"\r\nsecond")
        assert renderer._children[0].pid == child
    assert ballast
