"""Paragraphs of ``format=flowed`` put together again (RFC 3676)."""


def unflow(text: str, *, delsp: bool = False) -> str:
    """Join flowed lines into one line a paragraph; the viewer wraps them.

    Quoted lines come out with ``>`` for each level and one space.
    """
    out: list[str] = []
    paragraph: list[str] = []
    level = 0
    for line in text.split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")
        signature = content == "-- "
        if paragraph and (depth != level or signature):
            out.append(_quoted(level, paragraph))
            paragraph = []
        level = depth
        if content.endswith(" ") and not signature:
            paragraph.append(content[:-1] if delsp else content)
            continue
        paragraph.append(content)
        out.append(_quoted(level, paragraph))
        paragraph = []
    if paragraph:
        out.append(_quoted(level, paragraph))
    return "\n".join(out)


def _quoted(level: int, paragraph: list[str]) -> str:
    content = "".join(paragraph)
    return f"{'>' * level} {content}" if level else content
