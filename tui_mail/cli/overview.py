"""The first page of the manual."""

from tui_mail.cli.commands import COMMANDS

_HEAD = """\
tui-mail: read and write mail in the terminal

usage: tui-mail [--offline] [--read-only]    open the reader
       tui-mail mailto:ADDRESS               write to somebody
       tui-mail COMMAND …                    without a screen

  --offline      open no connection
  --read-only    change nothing on any server
  --config FILE  the settings file
  -v, --verbose  write more into the log
  --version      print the version

commands
"""


def overview() -> str:
    """Write the page."""
    rows = [("demo", "the reader with a sample mailbox; needs no account")]
    rows += [("open", "read a message, an mbox or a Maildir; needs no account")]
    rows += [("compose", "write a message in the composer")]
    rows += [("account add", "the set-up screen, for one more account")]
    rows += [(command.name, command.summary) for command in COMMANDS.values()]
    listed = "".join(f"  {name:<14} {summary}\n" for name, summary in rows)
    return f"{_HEAD}{listed}\ntui-mail COMMAND --help says what a command takes.\n"
