"""A local account looked after once, for a command; its mail goes out."""

from datetime import UTC, datetime

from tui_mail.config.places import Places
from tui_mail.config.settings import Account, Settings
from tui_mail.link.lock import AccountLock
from tui_mail.mime.render import Renderer
from tui_mail.store.receipts import note_receipt
from tui_mail.sync.connecting import Ask, smtp_connector
from tui_mail.sync.neighbours import Neighbours
from tui_mail.sync.outbox_once import count_due, send_due
from tui_mail.sync.pacing import UNWATCHED_LENGTH, Pace
from tui_mail.sync.receipt import Receipt
from tui_mail.sync.storing import open_database
from tui_mail.sync.upkeep import keep_up, make_texts


def look_after(
    account: Account, settings: Settings, places: Places, *, ask: Ask | None = None
) -> Receipt:
    """Do for a local account what is due; raises EngineBusy, MailError."""
    receipt = Receipt()
    with AccountLock.acquire(places.lock(account.name), patience=1.0):
        database = open_database(account, places)
        try:
            pace = Pace(database, length=UNWATCHED_LENGTH)
            Neighbours(database, settings, places).carry_on()
            with Renderer() as renderer:
                connector = smtp_connector(account, ask, beside=None)
                send_due(database, account, connector, renderer, receipt)
                for _ in keep_up(database, pace, account, receipt):
                    pass
                for _ in make_texts(database, pace, renderer):
                    pass
            if receipt.kept:
                with database.transaction() as tx:
                    note_receipt(tx, receipt.kept, datetime.now(UTC))
        finally:
            database.close()
    return receipt


def look(account: Account, places: Places) -> Receipt:
    """Say what that would send, and send nothing."""
    receipt = Receipt(dry=True)
    if account.smtp is not None and places.database(account.name).exists():
        database = open_database(account, places)
        try:
            receipt.sent = count_due(database)
        finally:
            database.close()
    return receipt
