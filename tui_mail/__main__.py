"""Arguments to the reader, the demo, or a command; and the last word on every error."""

import gc
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from tui_mail import __version__

if TYPE_CHECKING:
    from tui_mail.config.settings import Settings

PIPE_CLOSED = 141
INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run tui-mail and return its exit status: 0 done, 1 could not be done, 2 misuse."""
    _replace_closed_streams()
    return _guarded(list(sys.argv[1:] if argv is None else argv))


def _guarded(arguments: list[str]) -> int:
    """Run, and turn whatever goes wrong into one line and a status."""
    from tui_mail.cli.output import complain
    from tui_mail.model.error import MailError, UsageError

    try:
        return _dispatch(arguments)
    except UsageError as error:
        complain(error.line)
        return 2
    except MailError as error:
        complain(error.line)
        return 1
    except KeyboardInterrupt:
        if sys.stderr.isatty():
            # Below the ^C, and whatever was begun on its line.
            sys.stderr.write("\n")
        return INTERRUPTED
    except BrokenPipeError:
        _forget_stdout()
        return PIPE_CLOSED
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        complain(f"{place}{error.strerror or error}")
        return 1
    except Exception as error:  # noqa: BLE001 - the last resort: no traceback for a user
        complain(_logged(error))
        return 1


def _dispatch(arguments: list[str]) -> int:
    before = arguments[: arguments.index("--")] if "--" in arguments else arguments
    if "--version" in before:
        from tui_mail.cli.output import line

        line(f"tui-mail {__version__}")
        return 0
    from tui_mail.cli import commands

    _no_core_dumps()
    name, rest = commands.split(arguments)
    if name == "help" and (topic := commands.split(rest)[0]) in commands.WITH_SCREEN:
        name, rest = topic, ["--help"]
    try:
        if name is None:
            return _reader(rest)
        if name in commands.WITH_SCREEN:
            return _SCREENS[name](rest)
        if _is_mailto(name):
            return _compose([*rest, name])
        with _ending_in_order():
            return commands.run(name, rest, _check_keys)
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else 0


def _is_mailto(word: str) -> bool:
    if ":" not in word:
        return False
    from tui_mail.compose.mailto import is_mailto

    return is_mailto(word)


@contextmanager
def _ending_in_order() -> Iterator[None]:
    """Have what a command began come to its end also where a signal ends it."""

    def leave(number: int, _: object) -> NoReturn:
        raise SystemExit(128 + number)

    before = {
        number: signal.signal(number, leave)
        for number in (signal.SIGTERM, signal.SIGHUP)
        if signal.getsignal(number) is signal.SIG_DFL
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _check_keys(settings: "Settings") -> None:
    """Raise SettingsError for a mistake among the keys, as the reader would."""
    if settings.keys:
        from tui_mail.ui.keymap import keymap_of

        keymap_of(settings)


def _reader(arguments: list[str]) -> int:
    from tui_mail.cli.commands import Parser, add_common
    from tui_mail.cli.output import lines
    from tui_mail.cli.overview import overview
    from tui_mail.config.load import load_settings
    from tui_mail.config.places import Places

    if "--help" in arguments or "-h" in arguments:
        lines(overview())
        return 0
    parser = Parser(prog="tui-mail", add_help=False, allow_abbrev=False)
    add_common(parser)
    parser.add_argument("--offline", action="store_true")
    parser.add_argument("--read-only", action="store_true")
    chosen = parser.parse_args(arguments)
    _take_terminal()
    places = Places.find()
    settings = load_settings(Path(chosen.config) if chosen.config else None, places)

    # What is made until the first paint lives on; the reader collects again after it.
    gc.disable()
    from tui_mail.ui.app import run_reader

    return run_reader(
        settings, places, offline=chosen.offline, read_only=chosen.read_only
    )


def _account(arguments: list[str]) -> int:
    from tui_mail.cli.commands import Parser, add_common
    from tui_mail.config.load import load_settings
    from tui_mail.config.places import Places

    parser = Parser(
        prog="tui-mail account",
        description="add: the set-up screen, for one more account.",
        allow_abbrev=False,
    )
    parser.add_argument("what", choices=("add",))
    add_common(parser)
    chosen = parser.parse_args(arguments)
    _take_terminal()
    places = Places.find()
    settings = load_settings(Path(chosen.config) if chosen.config else None, places)

    from tui_mail.ui.app import run_reader

    return run_reader(settings, places, add_account=True)


def _demo(arguments: list[str]) -> int:
    from tui_mail.cli.commands import Parser, add_common

    parser = Parser(
        prog="tui-mail demo",
        description="The reader with a sample mailbox on servers of its own; "
        "it leaves nothing behind.",
        allow_abbrev=False,
    )
    add_common(parser)
    parser.parse_args(arguments)
    _take_terminal()

    from tui_mail.config.load import load_settings
    from tui_mail.demo import running
    from tui_mail.ui.app import run_reader

    with running() as place:
        settings = load_settings(place.settings_path, place.places)
        return run_reader(settings, place.places, clock=place.clock)


def _open(arguments: list[str]) -> int:
    from tui_mail.cli.commands import Parser, add_common
    from tui_mail.config.load import load_settings
    from tui_mail.config.places import Places
    from tui_mail.model.error import UsageError

    parser = Parser(
        prog="tui-mail open",
        description="Read a message, an mbox or a Maildir, without an account. "
        "Nothing in it is changed: flags and tags last until you leave.",
        allow_abbrev=False,
    )
    parser.add_argument("path", metavar="PATH", help="a message, an mbox, a Maildir")
    add_common(parser)
    chosen = parser.parse_args(arguments)
    if not chosen.path:
        raise UsageError("the PATH is empty (see: tui-mail open --help)")
    _take_terminal()
    places = Places.find()
    settings = load_settings(Path(chosen.config) if chosen.config else None, places)

    # What is made until the first paint lives on; the reader collects again after it.
    gc.disable()
    from tui_mail.sync.opened.place import opened
    from tui_mail.ui.app import run_reader

    with (
        _ending_in_order(),
        opened(Path(chosen.path), settings, places) as (own, inside),
    ):
        return run_reader(own, inside)


def _compose(arguments: list[str]) -> int:
    from tui_mail.cli import compose
    from tui_mail.cli.commands import parsed
    from tui_mail.cli.session import Session
    from tui_mail.model.error import UsageError

    chosen = parsed("compose", compose, arguments)
    if chosen.read_only:
        raise UsageError("with --read-only nothing is written; leave it out")
    _take_terminal()
    with (
        _ending_in_order(),
        Session.begin(chosen.config, _check_keys, verbose=chosen.verbose) as session,
    ):
        to_write = compose.begin(session, chosen)
        settings, places = session.settings, session.places

    # What is made until the first paint lives on; the reader collects again after it.
    gc.disable()
    from tui_mail.ui.app import run_reader

    return run_reader(
        settings,
        places,
        offline=chosen.offline,
        to_write=to_write,
    )


_SCREENS = {"account": _account, "compose": _compose, "demo": _demo, "open": _open}


def _take_terminal() -> None:
    """See that there is a terminal, and that the screen goes to it; raises UsageError."""
    from tui_mail.model.error import UsageError

    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "the reader needs a terminal; without one: tui-mail search, show, send, sync"
        )
    if os.environ.get("TERM") == "dumb":
        raise UsageError(
            "TERM=dumb can show no screen; tui-mail search, show, sync can"
        )
    if sys.__stderr__ is not None and not sys.__stderr__.isatty():
        # Textual draws on it, and ``2>file`` is for what goes wrong.
        vars(sys)["__stderr__"] = sys.__stdout__


def _replace_closed_streams() -> None:
    """Give each standard stream that the caller closed (``>&-``) one into nothing.

    Else the next file that is opened, the database it may be, would take its number.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            nothing = os.open(os.devnull, os.O_RDWR)
            if nothing != number:
                os.dup2(nothing, number)
                os.close(nothing)
            mode = "w" if number else "r"
            setattr(sys, name, open(number, mode, encoding="utf-8"))  # noqa: PTH123, SIM115


def _no_core_dumps() -> None:
    """Keep passwords out of core files."""
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))


def _forget_stdout() -> None:
    """Let the interpreter flush into nothing at its end."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, sys.stdout.fileno())
    os.close(nothing)


def _logged(error: Exception) -> str:
    """Put where it happened into the log; values are left out, they may be secret."""
    import traceback

    from tui_mail.config.logs import set_up_log
    from tui_mail.config.places import Places

    said = f"this is a mistake in tui-mail ({type(error).__name__})"
    frames = traceback.extract_tb(error.__traceback__)
    where = " < ".join(
        f"{Path(frame.filename).name}:{frame.lineno} {frame.name}"
        for frame in reversed(frames)
    )
    try:
        places = Places.find()
        set_up_log(places, verbose=False).error("%s at %s", type(error).__name__, where)
    except OSError:
        return said
    return f"{said}; where it happened stands in {places.log_file()}"


if __name__ == "__main__":
    sys.exit(main())
