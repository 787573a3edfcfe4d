"""What a server tells of a user's place on it: namespaces, rights, and how much room."""

from collections.abc import Sequence

from tui_mail.model.error import ServerRefused
from tui_mail.model.mailbox_names import same_name
from tui_mail.model.namespace import Namespace
from tui_mail.model.quota import Quota
from tui_mail.model.rights import Rights
from tui_mail.transports.imap_arguments import can_be_said, text
from tui_mail.transports.imap_namespace import parse_namespaces
from tui_mail.transports.imap_quota import parse_quotas
from tui_mail.transports.imap_responses import Untagged
from tui_mail.transports.imap_rights import parse_rights
from tui_mail.transports.imap_session import Session
from tui_mail.transports.imap_tokens import Unreadable

_MOST_ROOTS = 50


class Surroundings(Session):
    """Questions that are answered with nothing where a server knows no answer."""

    def namespaces(self) -> tuple[Namespace, ...] | None:
        """Ask where one's own and others' mailboxes lie (RFC 2342).

        Empty where the server knows of none; None where it does not tell now.
        """
        found: list[tuple[Namespace, ...]] = []

        def take(said: Untagged) -> bool:
            if said.name != b"NAMESPACE":
                return False
            try:
                found.append(parse_namespaces(said.fragments))
            except Unreadable:
                return True
            return True

        if not self._can("NAMESPACE"):
            return ()
        try:
            self._run(b"NAMESPACE", take=take)
        except ServerRefused:
            return None
        return found[-1] if found else None

    def my_rights(self, wire_names: Sequence[bytes]) -> dict[bytes, Rights]:
        """Ask what may be done in mailboxes (RFC 4314), all in one round trip.

        Those of which the server says nothing are left out.
        """
        found: dict[bytes, Rights] = {}

        def take(said: Untagged) -> bool:
            if said.name != b"MYRIGHTS":
                return False
            try:
                name, rights = parse_rights(said.fragments)
            except Unreadable:
                return True
            for asked in wire_names:
                if same_name(asked, name):
                    found[asked] = rights
            return True

        if self._can("ACL"):
            questions = [
                (b"MYRIGHTS", text(name)) for name in wire_names if can_be_said(name)
            ]
            self._run_together(questions, take)
        return found

    def quotas(self) -> tuple[Quota, ...] | None:
        """Ask how much room there is for what INBOX shares it with (RFC 9208).

        None where the server does not tell; empty where there is no limit.
        """
        found: list[Quota] = []

        def take(said: Untagged) -> bool:
            if said.name == b"QUOTA":
                try:
                    found.extend(parse_quotas(said.fragments))
                except Unreadable:
                    return True
            return said.name in (b"QUOTA", b"QUOTAROOT")

        if not self._can("QUOTA"):
            return None
        try:
            self._run(b"GETQUOTAROOT", b'"INBOX"', take=take)
        except ServerRefused:
            return None
        return tuple(found[:_MOST_ROOTS])
