"""Moves within a pane, and from pane to pane."""

from typing import TYPE_CHECKING

from tui_mail.ui.widgets.line_list import LineList

if TYPE_CHECKING:
    from tui_mail.ui.app import MailApp


def _lines(app: "MailApp") -> LineList | None:
    """Give the list that has the focus; None in the message."""
    panes = app.panes
    if panes.pane == "mailboxes":
        return panes.mailboxes
    if panes.pane == "list":
        return panes.list
    return panes.parts if panes.lists_parts else None


def down(app: "MailApp") -> None:
    """Go down a row, or scroll."""
    _step(app, 1)


def up(app: "MailApp") -> None:
    """Go up a row, or scroll."""
    _step(app, -1)


def _step(app: "MailApp", rows: int) -> None:
    lines = _lines(app)
    if lines is not None:
        lines.move(rows)
    else:
        app.panes.view.scroll_lines(rows)


async def page_down(app: "MailApp") -> None:
    """Turn a page; at the message's end read the next unread one."""
    lines = _lines(app)
    if lines is not None:
        lines.page(1)
    elif not app.panes.view.page_down():
        from tui_mail.ui.actions.unread import next_unread

        await next_unread(app)


def page_up(app: "MailApp") -> None:
    """Turn a page back."""
    lines = _lines(app)
    if lines is not None:
        lines.page(-1)
    else:
        app.panes.view.page_up()


def first(app: "MailApp") -> None:
    """Go to the first row, or the beginning."""
    lines = _lines(app)
    if lines is not None:
        lines.go(0)
    else:
        app.panes.view.go_home()


async def last(app: "MailApp") -> None:
    """Go to the last row, or the end."""
    lines = _lines(app)
    if lines is None:
        app.panes.view.go_end()
        return
    if lines is app.panes.list and app.listing.shown is not None:
        await app.listing.whole()
    lines.go(-1)


def next_pane(app: "MailApp") -> None:
    """Give the next pane the focus."""
    app.panes.step(1)


def previous_pane(app: "MailApp") -> None:
    """Give the pane before the focus."""
    app.panes.step(-1)


def mailboxes(app: "MailApp") -> None:
    """Give the mailboxes the focus."""
    app.panes.enter("mailboxes")


def messages(app: "MailApp") -> None:
    """Give the list the focus."""
    app.panes.enter("list")


def message(app: "MailApp") -> None:
    """Give the message the focus."""
    app.panes.enter("message")
