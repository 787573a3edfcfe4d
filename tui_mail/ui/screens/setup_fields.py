"""The fields of a new account, and what stands beside them."""

from tui_mail.model.displayable import Displayable, own
from tui_mail.ui.screens.fields import Field, WordEdit
from tui_mail.ui.screens.line_edit import LineEdit
from tui_mail.ui.screens.new_account import KINDS, SECURITIES

TITLES = {
    "imap": "Incoming mail, IMAP",
    "pop3": "Incoming mail, POP3",
    "smtp": "Outgoing mail, SMTP",
}


def make_fields() -> list[Field]:
    """Make them in the order in which people know them."""
    fields = [
        Field("address", own("Address"), _edit()),
        Field("name", own("Name"), _edit(), hint=own("as others see it")),
        Field("password", own("Password"), _edit(password=True)),
    ]
    for kind in KINDS:
        fields += [
            Field(f"{kind}.host", own("Host"), _edit(), hint=hint_of(kind)),
            Field(f"{kind}.port", own("Port"), _edit()),
            Field(
                f"{kind}.security",
                own("Security"),
                WordEdit(SECURITIES),
                hint=own("tls, starttls or none"),
            ),
            Field(f"{kind}.username", own("User name"), _edit()),
        ]
    return fields


def hint_of(kind: str, *, guessed: bool = False) -> Displayable:
    """Say what helps to fill in a host."""
    said = ["this is a guess"] if guessed else []
    said += ["empty: mail is only read"] if kind == "smtp" else []
    return own("; ".join(said))


def _edit(*, password: bool = False) -> LineEdit:
    return LineEdit(password=password, select_on_focus=True)
