"""The subjects of answers and forwarded messages."""

import re

from tui_mail.compose.direction import without_directions
from tui_mail.model.displayable import Displayable

MAX_SUBJECT = 900

_ANSWERS = (
    r"re|aw|antw(?:ort)?|sv|vs|odp|res|resp|rif|r|ré|rép|ynt|vá|bls|atb|vb|ang|απ|σχετ|отв"
    r"|回复|回覆|答复|答覆|返信|답장|회신"
)
_FORWARDS = (
    r"fwd?|wg|tr|rv|enc|i|vl|doorst|weitergeleitet|pd|ilt|tov|转发|轉寄|轉發|転送|전달"
)
_COUNT = r"\s?(?:\[\d{1,4}\]|\(\d{1,4}\)|\^\d{1,4}|\*\d{1,4})?"
_ANSWER = re.compile(rf"(?:(?:{_ANSWERS}){_COUNT}\s?[:：]\s*)+", re.IGNORECASE)
_FORWARD = re.compile(rf"(?:(?:{_FORWARDS}){_COUNT}\s?[:：]\s*)+", re.IGNORECASE)
_TAG = re.compile(r"\[[^\[\]]{1,60}\]\s*")


def reply_subject(subject: Displayable) -> str:
    """Put one ``Re: `` before a subject, whatever stands there in whatever language.

    A list's ``[name]`` stays, and what stands behind it is looked at too.
    """
    whole = without_directions(subject)
    begun = _ANSWER.match(whole)
    rest = whole[begun.end() :] if begun else whole
    if (tag := _TAG.match(rest)) and (again := _ANSWER.match(rest, tag.end())):
        rest = rest[: tag.end()] + rest[again.end() :]
    return f"Re: {rest}"[:MAX_SUBJECT].rstrip()


def forward_subject(subject: Displayable) -> str:
    """Put one ``Fwd: `` before a subject."""
    whole = without_directions(subject)
    begun = _FORWARD.match(whole)
    rest = whole[begun.end() :] if begun else whole
    return f"Fwd: {rest}"[:MAX_SUBJECT].rstrip()
