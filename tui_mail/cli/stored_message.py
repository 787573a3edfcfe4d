"""A message out of the store; what is missing is fetched."""

from datetime import UTC, datetime

from tui_mail.cli.session import Session
from tui_mail.cli.showing import Shown
from tui_mail.config.settings import Account
from tui_mail.mime.authentication import Authentication, authentication
from tui_mail.mime.choose import text_parts
from tui_mail.mime.parse import cut_part, parse_message
from tui_mail.mime.render import Renderer
from tui_mail.model.body import BodyPart
from tui_mail.model.error import MailError
from tui_mail.model.ids import WHOLE, MessageNumber, PartId
from tui_mail.model.readable import ReadableText
from tui_mail.store.content import (
    PartDamaged,
    complete_parts,
    load_headers,
    load_part,
    load_structure,
    load_text,
    note_use,
)
from tui_mail.store.damage import give_up
from tui_mail.store.mailboxes import load_mailbox
from tui_mail.store.messages import load_summary


class StoredMessage(Shown):
    """A message of an account; what is missing is fetched unless offline."""

    def __init__(
        self,
        session: Session,
        account: Account,
        number: MessageNumber,
        renderer: Renderer,
        *,
        offline: bool,
    ) -> None:
        self._session = session
        self._account = account
        self._number = number
        self._renderer = renderer
        self._offline = offline
        self._database = session.database(account)
        summary = load_summary(self._database, number)
        self.id = f"{account.name}/{number}"
        self.account_name = account.name
        self.mailbox_name = load_mailbox(self._database, summary.mailbox).name

    def whole(self) -> bytes:
        """Give the exact octets."""
        return self._load(WHOLE)

    def headers(self) -> bytes:
        """Give the header block."""
        return self._load(PartId("HEADER"))

    def structure(self) -> BodyPart:
        """Give the tree of parts."""
        structure = load_structure(self._database, self._number)
        if structure is not None:
            return structure
        whole = self._intact(WHOLE)
        if whole is not None:
            return parse_message(whole)
        self._fetch(None)
        structure = load_structure(self._database, self._number)
        return structure or parse_message(self.whole())

    def encoded(self, part: BodyPart) -> bytes:
        """Give a part as it was sent."""
        return self._load(part.part_id)

    def readable(self) -> ReadableText:
        """Give the readable text."""
        text = load_text(self._database, self._number)
        if text is not None:
            return text
        whole = self._intact(WHOLE)
        if whole is not None:
            return self._renderer.render_octets(whole, prefer="plain")[1]
        self._fetch(None)
        text = load_text(self._database, self._number)
        return text or self._rendered()

    def note_use(self) -> None:
        """Note that it was read: of what has to make room it goes last."""
        if self._account.kind == "imap":
            with self._database.transaction() as tx:
                note_use(tx, [self._number], datetime.now(UTC))

    def authentication(self) -> Authentication | None:
        """Give the own server's word on the sender."""
        return authentication(self.headers(), self._account.own_hosts)

    def downloaded(self, part: PartId) -> bool:
        """Tell whether a part is here."""
        complete = complete_parts(self._database, self._number)
        return part in complete or WHOLE in complete

    def _rendered(self) -> ReadableText:
        structure = self.structure()
        parts = {
            part.part_id: self._load(part.part_id) for part in text_parts(structure)
        }
        return self._renderer.render(self.headers(), structure, parts, prefer="plain")

    def _load(self, part: PartId) -> bytes:
        """Load a part, cut out of the whole where that is here, else fetched."""
        found = self._stored(part)
        if found is None:
            self._fetch(part)
            found = self._stored(part)
        if found is None:
            raise MailError(f"{self.id}: the server did not give part {part or 'all'}")
        return found

    def _stored(self, part: PartId) -> bytes | None:
        if part == PartId("HEADER"):
            return load_headers(self._database, self._number)
        found = self._intact(part)
        if found is None and part != WHOLE:
            whole = self._intact(WHOLE)
            found = None if whole is None else cut_part(whole, part)
        return found

    def _intact(self, part: PartId) -> bytes | None:
        """Load a part; what is damaged counts as missing where a server has it."""
        try:
            return load_part(self._database, self._number, part)
        except PartDamaged as error:
            with self._database.transaction() as tx:
                if not give_up(tx, error.number, error.part):
                    raise
        return None

    def _fetch(self, part: PartId | None) -> None:
        if self._account.kind != "imap":
            again = "; what the server has comes again with the next synchronization"
            more = again if self._account.kind == "pop3" else ""
            raise MailError(f"{self.id}: octets of it were lost here{more}")
        if self._offline:
            raise MailError(f"{self.id}: this is not here yet, and nothing is fetched")
        from tui_mail.cli.engines import fetch

        fetch(self._session, self._account, self._number, part)
