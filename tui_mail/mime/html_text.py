"""HTML to text: made harmless by a real HTML parser first, then by html2text.

html2text alone hangs on a few kilobytes and multiplies nested lists; it gets bare,
well-formed, shallow markup without entities and links. It runs in the render child.
"""

import re
from dataclasses import dataclass, field

import html2text
from selectolax.lexbor import LexborHTMLParser, LexborNode

from tui_mail.mime.hosts import host_of
from tui_mail.mime.tables import table_lines

MAX_HTML = 2_000_000
MAX_TEXT = 1_000_000
MAX_LINKS = 1_000
MAX_URL = 4_000
MAX_DEPTH = 60
MAX_LISTS = 6

_DROPPED = (
    "script,style,head,title,svg,noscript,template,object,embed,iframe,math,select,"
    "textarea,button,input,video,audio,canvas,map,[hidden]"
)
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|opacity\s*:\s*0(?![.\d])"
    r"|font-size\s*:\s*[01](?:\.\d+)?(?:px|pt|em|%|;|$)|max-height\s*:\s*0",
    re.IGNORECASE,
)
_TINY = re.compile(r"(?:^|[;\s])(?:width|height)\s*:\s*[01]px", re.IGNORECASE)
_TAG = re.compile(
    r"<(/?)([a-zA-Z][a-zA-Z0-9]*)(?:\"[^\"]*\"|'[^']*'|[^>\"'])*>|<!--.*?-->", re.S
)
_KEPT = {
    **dict.fromkeys(
        ("p", "div", "br", "hr", "ul", "ol", "li", "blockquote", "pre"), ""
    ),
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "p"),
    **dict.fromkeys(("dl", "dt", "dd", "tr", "table", "section", "article"), "div"),
    **dict.fromkeys(("center", "form", "header", "footer", "address", "main"), "div"),
}
"""The tags that html2text sees, and as what."""
_VOID = frozenset({"br", "hr", "img", "wbr", "col", "area", "base", "link", "meta"})
_NESTED = frozenset({"ul", "ol", "blockquote"})
_SAFE_LINK = re.compile(r"(?:https?|ftps?|mailto|tel|news|xmpp|geo):", re.IGNORECASE)
_PRIVATE = re.compile("[\ue000-\ue0ff]")
_GUARD = {"&lt;": "\ue001", "&gt;": "\ue002", "&amp;": "\ue003", "&nbsp;": " "}
_ENTITY = re.compile(r"&(?:lt|gt|amp|nbsp|quot);")
_UNGUARD = str.maketrans(
    {"\\": None, "\ue001": "<", "\ue002": ">", "\ue003": "&", "\ue004": "\\"}
)
_TABLE = re.compile("\ue010(\\d+)\ue011")
_BLANK_LINES = re.compile(r"\n\s*\n\s*\n+")


@dataclass(slots=True)
class HtmlText:
    """What was made of an HTML part; its links are numbered from 1 on in the text."""

    text: str = ""
    links: list[tuple[str, str]] = field(default_factory=list)
    images: int = 0
    trackers: int = 0
    cut: bool = False


def html_to_text(markup: str, first_link: int = 1) -> HtmlText:
    """Make text of HTML; its links are numbered from ``first_link`` on."""
    made = HtmlText(cut=len(markup) > MAX_HTML)
    clean = _PRIVATE.sub("", markup[:MAX_HTML].replace("\x00", ""))
    body = LexborHTMLParser(_shallow(clean)).body
    if body is None:
        return made
    _count_images(body, made)
    _drop_hidden(body)
    _number_links(body, made, first_link)
    tables = _lift_tables(body)
    bare, cut = _bare_markup(body.html or "")
    made.text = _finished(_converted(bare), tables)
    made.cut = made.cut or cut
    return made


def _shallow(markup: str) -> str:
    """Leave out opening tags where thousands are nested: trees are walked deeply."""
    if markup.count("<") < 2_000:
        return markup
    out: list[str] = []
    depth = 0
    position = 0
    for match in re.finditer(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)", markup):
        if match[2].lower() in _VOID or match[2].lower() in (
            "p",
            "li",
            "td",
            "tr",
            "a",
        ):
            continue
        depth = max(0, depth - 1) if match[1] else depth + 1
        if depth > 400 and not match[1]:
            out.append(markup[position : match.start()])
            out.append("<wbr")
            position = match.start() + len(match[0])
    out.append(markup[position:])
    return "".join(out)


def _is_tiny(image: LexborNode) -> bool:
    attributes = image.attributes
    sizes = {(attributes.get(name) or "").strip() for name in ("width", "height")}
    style = attributes.get("style") or ""
    return bool(
        sizes & {"0", "1", "0px", "1px"} or _TINY.search(style) or _HIDDEN.search(style)
    )


def _count_images(body: LexborNode, made: HtmlText) -> None:
    for image in body.css("img"):
        source = (image.attributes.get("src") or "").strip().lower()
        remote = source.startswith(("http:", "https:", "//"))
        if _is_tiny(image):
            made.trackers += remote
            image.decompose()
            continue
        made.images += remote
        words = " ".join((image.attributes.get("alt") or "").split())[:200]
        image.replace_with(f" {words} " if words else " ")
    made.images += len(body.css('[background^="http"]'))


def _drop_hidden(body: LexborNode) -> None:
    nodes = list(body.css(_DROPPED))
    nodes += [
        node
        for node in body.css("[style]")
        if _HIDDEN.search((node.attributes.get("style") or "")[:2_000])
    ]
    gone = {node.mem_id for node in nodes}
    for node in [node for node in nodes if not _lies_in(node, gone)]:
        if node.mem_id in gone:
            gone.discard(node.mem_id)
            node.decompose()


def _lies_in(node: LexborNode, gone: set[int]) -> bool:
    """Tell whether a node goes with one above it, and must not be freed again."""
    above = node.parent
    while above is not None:
        if above.mem_id in gone:
            return True
        above = above.parent
    return False


def _number_links(body: LexborNode, made: HtmlText, first: int) -> None:
    numbers: dict[tuple[str, str], int] = {}
    for node in body.css("a[href]"):
        url = "".join((node.attributes.get("href") or "").split())[:MAX_URL]
        if not _SAFE_LINK.match(url) or len(made.links) >= MAX_LINKS:
            continue
        shown = " ".join(node.text(separator=" ")[:1_000].split())
        if not shown and not host_of(url):
            continue
        number = numbers.get((shown, url))
        if number is None:
            made.links.append((shown, url))
            number = numbers[shown, url] = first + len(made.links) - 1
        node.insert_after(f" [{number}]" if shown else f"[{number}]")


def _lift_tables(body: LexborNode) -> list[str]:
    """Take tables of data out, drawn in columns; a mark stays in their place."""
    drawn: list[str] = []
    for table in body.css("table"):
        if len(drawn) >= 200:
            break
        inside = table.css("table, ul, ol, pre, blockquote")
        if any(node.mem_id != table.mem_id for node in inside):
            continue
        lines = table_lines(table)
        if lines:
            table.replace_with(f"\ue010{len(drawn)}\ue011")
            drawn.append("\n".join(lines))
    return drawn


def _bare_markup(markup: str) -> tuple[str, bool]:
    """Keep the few tags that give lines, without attributes, not too deep."""
    out: list[str] = []
    room = MAX_TEXT
    nested = depth = position = 0
    for match in _TAG.finditer(markup):
        text = _guarded(markup[position : match.start()])
        position = match.end()
        out.append(text[: max(room, 0)])
        room -= len(text) + 8
        if room < 0:
            return "".join(out), True
        name = (match[2] or "").lower()
        if name in ("td", "th"):
            out.append(" ")
        if name not in _KEPT:
            continue
        written = _KEPT[name] or name
        if written in _VOID:
            out.append(f"<{written}>")
            continue
        before = depth, nested
        step = -1 if match[1] else 1
        depth += step
        nested += step if written in _NESTED else 0
        if max(before[0], depth) <= MAX_DEPTH and max(before[1], nested) <= MAX_LISTS:
            out.append(f"<{match[1]}{written}>")
        elif not match[1]:
            out.append("<br>")
    rest = _guarded(markup[position:])
    out.append(rest[:room])
    return "".join(out), len(rest) > room


def _guarded(text: str) -> str:
    """Hide from html2text what it would take apart or escape."""
    if "&" in text:
        text = _ENTITY.sub(lambda match: _GUARD.get(match[0], '"'), text)
    return text.replace("\\", "\ue004").replace("&", "\ue003").replace("<", "\ue001")


def _converted(bare: str) -> str:
    # A new object each time: one that was used before gives wrong text.
    converter = html2text.HTML2Text(bodywidth=0)
    converter.unicode_snob = True
    converter.ignore_emphasis = True
    converter.ignore_links = True
    converter.ignore_images = True
    converter.ul_item_mark = "-"
    return str(converter.handle(bare))


def _finished(text: str, tables: list[str]) -> str:
    lines = [line.rstrip() for line in text.translate(_UNGUARD).split("\n")]
    joined = _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip("\n")
    joined = _TABLE.sub(lambda match: f"\n{tables[int(match[1])]}\n", joined)
    return _BLANK_LINES.sub("\n\n", joined).strip("\n")[:MAX_TEXT]
