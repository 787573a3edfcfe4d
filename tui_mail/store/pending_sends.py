"""The outbox as people see it among all that waits for a server."""

from tui_mail.model.displayable import displayable
from tui_mail.model.operation import OperationState, PendingOperation
from tui_mail.model.outgoing import Submission, SubmissionState
from tui_mail.store.outbox import load_submissions
from tui_mail.store.source import Source

_SHOWN = {
    SubmissionState.QUEUED: OperationState.QUEUED,
    SubmissionState.KEPT: OperationState.QUEUED,
    SubmissionState.SENDING: OperationState.SENDING,
    SubmissionState.UNKNOWN: OperationState.UNKNOWN,
    SubmissionState.REFUSED: OperationState.FAILED,
    SubmissionState.ACCEPTED: OperationState.SENT,
}


def load_pending_sends(source: Source) -> list[PendingOperation]:
    """List the outbox as lines of what waits, oldest first."""
    return [_pending(one) for one in load_submissions(source)]


def _pending(mail: Submission) -> PendingOperation:
    return PendingOperation(
        id=f"send-{mail.id}",
        kind="send",
        what=displayable(_what(mail)),
        state=_SHOWN[mail.state],
        attempts=mail.attempts,
        not_before=mail.not_before,
        error=mail.error,
        kept=mail.state is SubmissionState.KEPT,
    )


def _what(mail: Submission) -> str:
    title = f'"{mail.subject}"' if mail.subject else "a mail without a subject"
    if mail.state is SubmissionState.ACCEPTED:
        return f"file {title}, which was sent"
    first, *others = mail.addresses or ("nobody",)
    more = f" and {len(others)} more" if others else ""
    when = " at the next start" if mail.state is SubmissionState.KEPT else ""
    return f"send {title} to {first}{more}{when}"
