"""What a synchronization did, in one line."""

from dataclasses import dataclass, field

from tui_mail.model.receipt import LOST, MATCHED, RESCANNED
from tui_mail.sync.refusals import Judgement

IN_STEP = "in step"
"""Where there was nothing to do."""
_MOST_PROBLEMS = 5
"""So many are named in the line."""


@dataclass(slots=True)
class Receipt:
    """Counts of what was done; of what would be done, for a dry run."""

    new: int = 0
    """Messages that came from the server."""
    sent: int = 0
    """Messages that the submission server took."""
    gone: int = 0
    """Messages that the server does not have any more."""
    changed: int = 0
    """Flags that others changed; only a dry run counts them."""
    flags: int = 0
    """Messages whose flags were changed on the server."""
    moved: int = 0
    copied: int = 0
    appended: int = 0
    """Messages that the server got from here."""
    deleted: int = 0
    """Messages that were deleted for ever."""
    deleted_there: int = 0
    """Messages that a POP3 server has deleted; they may be here."""
    mailboxes: int = 0
    """Mailboxes that were made, renamed, subscribed to or deleted on the server."""
    refused: int = 0
    """Wishes that the server did not fulfil; their local effect was taken back."""
    rescanned: int = 0
    """Messages whose UIDs meant nothing any more, or that were said to be gone."""
    matched: int = 0
    """Those of them that were found again."""
    lost: int = 0
    """Messages that we were moving and that are nowhere any more."""
    unflagged: int = 0
    """Messages that were deleted elsewhere before the server heard of their flags."""
    texts: int = 0
    """Readable texts, or whole messages, that were fetched ahead of time."""
    problems: list[str] = field(default_factory=list)
    """What could not be done, each one sentence."""
    alerts: list[str] = field(default_factory=list)
    """What the server wants people to read."""
    dry: bool = False

    def complain(self, problem: str) -> None:
        """Note what could not be done, once."""
        if problem not in self.problems:
            self.problems.append(problem)

    def put_off(self, said: Judgement) -> None:
        """Note why a wish has to wait, where it does."""
        if said.waits:
            self.complain(f"waits: {said.why}")

    @property
    def whole(self) -> bool:
        """Whether all was done that was to be done."""
        return not (self.problems or self.refused)

    def __str__(self) -> str:
        again = f"of {self.rescanned:,} {MATCHED}"
        words = [f"{count:,} {word}" for word, count in self.done.items()]
        words += [f"{self.matched:,} {again}"] if self.rescanned else []
        if self.texts:
            words.append(f"{self.texts:,} {'texts' if self.texts > 1 else 'text'}")
        words = [", ".join(words), self.troubles, *dict.fromkeys(self.alerts)]
        line = "; ".join(filter(None, words))
        if self.dry:
            return f"would be: {line}" if line else "in step, nothing would be done"
        return line or IN_STEP

    @property
    def done(self) -> dict[str, int]:
        """What was done with how many messages, by the words for it."""
        counts = (
            (self.new, "new"),
            (self.sent, "sent"),
            (self.changed, "changed"),
            (self.gone, "gone"),
            (self.flags, "flagged"),
            (self.moved, "moved"),
            (self.copied, "copied"),
            (self.appended, "appended"),
            (self.deleted, "deleted"),
            (self.deleted_there, "deleted on the server"),
            (
                self.mailboxes,
                "mailboxes changed" if self.mailboxes > 1 else "mailbox changed",
            ),
            (self.refused, "refused"),
            (self.unflagged, "deleted elsewhere before they could be flagged"),
            (self.lost, LOST),
        )
        return {word: count for count, word in counts if count}

    @property
    def kept(self) -> dict[str, int]:
        """What is kept of it for the journal; nothing where nothing changed."""
        again = {RESCANNED: self.rescanned, MATCHED: self.matched}
        return self.done | (again if self.rescanned else {})

    @property
    def troubles(self) -> str:
        """What could not be done, in one line; empty where all could."""
        words = self.problems[:_MOST_PROBLEMS]
        if left := len(self.problems[_MOST_PROBLEMS:]):
            words = [*words, f"and {left:,} more that could not be done"]
        return "; ".join(words)

    @property
    def worth_telling(self) -> bool:
        """Whether something happened that a person did not just do."""
        return bool(
            self.new
            or self.sent
            or self.refused
            or self.problems
            or self.rescanned
            or self.unflagged
        )
