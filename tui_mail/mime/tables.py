"""Tables of HTML mail: data is drawn in columns, layout is left to flow."""

from selectolax.lexbor import LexborNode

MAX_ROWS = 500
MAX_COLUMNS = 12
MAX_WIDTH = 110
MAX_CELL = 60


def table_lines(table: LexborNode) -> list[str]:
    """Draw a table of data; nothing where it only lays out the page."""
    rows = []
    for row in table.css("tr")[: MAX_ROWS + 1]:
        cells = [cell for cell in row.iter() if cell.tag in ("td", "th")]
        if len(cells) > MAX_COLUMNS:
            return []
        rows.append(cells)
    if not 2 <= len(rows) <= MAX_ROWS:
        return []
    texts = [[_words(cell) for cell in cells] for cells in rows]
    texts = [row for row in texts if any(row)]
    if not _is_data(texts):
        return []
    head = any(cell.tag == "th" for cell in rows[0])
    return _drawn(texts, head=head)


def _words(cell: LexborNode) -> str:
    return " ".join(cell.text(separator=" ").split())


def _is_data(rows: list[list[str]]) -> bool:
    """Data has rows of the same few short cells, and more than one column of them."""
    if len(rows) < 2:
        return False
    columns = max(len(row) for row in rows)
    if columns < 2 or any(len(cell) > MAX_CELL for row in rows for cell in row):
        return False
    full = sum(1 for row in rows if len(row) > 1 and sum(map(bool, row)) > 1)
    return full >= 2 and full * 2 >= len(rows)


def _drawn(rows: list[list[str]], *, head: bool) -> list[str]:
    columns = max(len(row) for row in rows)
    padded = [row + [""] * (columns - len(row)) for row in rows]
    widths = [
        max(len(row[column]) for row in padded if sum(map(bool, row)) > 1)
        for column in range(columns)
    ]
    if sum(widths) + 2 * columns > MAX_WIDTH:
        return [" · ".join(filter(None, row)) for row in rows]
    lines = [
        "  ".join(
            cell.rjust(width) if _is_number(cell) else cell.ljust(width)
            for cell, width in zip(row, widths, strict=True)
            if width
        ).rstrip()
        for row in padded
    ]
    if head:
        lines.insert(1, "  ".join("─" * width for width in widths if width))
    return lines


def _is_number(cell: str) -> bool:
    digits = sum(character.isdigit() for character in cell)
    return digits * 2 > len(cell.replace(" ", ""))
