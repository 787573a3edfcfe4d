"""Search over the account, in a message's text, and the list narrowed."""

from typing import TYPE_CHECKING

from tui_mail.model.displayable import own
from tui_mail.ui.actions.asking import ask_query
from tui_mail.ui.screens.prompt import Prompt

if TYPE_CHECKING:
    from tui_mail.ui.app import MailApp
    from tui_mail.ui.views import Shown


async def search(app: "MailApp") -> None:
    """Search the account; in the message, its text."""
    if app.panes.pane == "message" and not app.panes.lists_parts:
        await _search_text(app)
        return
    if app.listing.shown is None:
        return
    before, marked = app.listing.shown, app.panes.list.marked
    value = before.query if app.listing.is_search else ""

    async def use(query: str) -> None:
        if query:
            await app.listing.search(query)

    wanted: list[bool] = []

    def elsewhere() -> None:
        wanted.append(True)

    taken = await ask_query(
        app, "Search:", use, value=value, meanwhile=use, elsewhere=elsewhere
    )
    if taken:
        app.panes.enter("list")
        if wanted:
            ask_server(app)
    elif app.listing.is_search and before.mailbox is not None:
        await app.listing.leave_search()
        # Nothing was searched for in the end, so the mailbox was not left.
        app.panes.list.mark(marked)


def ask_server(app: "MailApp") -> None:
    """Have the server look for what was searched for."""
    shown = app.listing.shown
    if shown is not None and app.accounts.account(shown.account).kind != "imap":
        app.say(own(_nothing_to_ask(app, shown.account)))
    elif shown is None or not app.listing.is_search:
        search, key = app.key_of("app.search"), app.key_of("search.server")
        app.say(own(f"{search} searches; {key} does so on the server then."))
    elif app.offline:
        online = app.key_of("app.online")
        app.say(own(f"Offline: only what is here was searched; {online} goes online."))
    elif app.servers.searches(shown.account, shown.query):
        app.say(own("The server is being asked."))
    else:
        app.say(own("Asking the server…"))
        app.start(_ask_server(app, shown))


def _nothing_to_ask(app: "MailApp", account: str) -> str:
    if app.opened is not None:
        return "A file is read here: there is no server to be asked."
    if app.accounts.account(account).kind == "pop3":
        return f"All mail of {account} is here to be searched; POP3 cannot search."
    return f"All mail of {account} is here to be searched; it has no server."


async def _ask_server(app: "MailApp", shown: "Shown") -> None:
    line = await app.servers.search(shown.account, shown.query)
    if line is not None:
        app.say(line)


async def _search_text(app: "MailApp") -> None:
    prompt = Prompt("Find in this message:", history=app.history["text"])
    typed = await app.ask(prompt)
    if typed:
        app.remember("text", typed)
        app.panes.view.search(typed)


def following(app: "MailApp") -> None:
    """Go to the next hit."""
    if app.panes.pane == "list":
        app.panes.list.move(1)
    elif not app.panes.view.next_hit():
        app.say(own("/ searches in this message."))


def previous(app: "MailApp") -> None:
    """Go to the hit before."""
    if app.panes.pane == "list":
        app.panes.list.move(-1)
    elif not app.panes.view.previous_hit():
        app.say(own("/ searches in this message."))


async def narrow(app: "MailApp") -> None:
    """Show only what matches; nothing typed shows all again."""
    shown = app.listing.shown
    if shown is None:
        return
    if app.listing.is_search:
        await search(app)
        return
    await ask_query(app, "Show only:", app.listing.narrow, value=shown.query)
