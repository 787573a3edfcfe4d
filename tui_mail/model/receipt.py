"""What a synchronization did, as it is kept for the journal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tui_mail.model.displayable import Displayable, own

RESCANNED = "rescanned"
MATCHED = "matched again"
LOST = "lost"
_ALWAYS = {LOST: 0}


@dataclass(frozen=True, slots=True)
class SyncReceipt:
    """When it was, and how many messages what was done with."""

    at: datetime
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def line(self) -> Displayable:
        """Say it: ``12 moved, 3 flagged, 0 lost``."""
        counts = _ALWAYS | {**self.counts}
        lost, rescanned = counts.pop(LOST), counts.pop(RESCANNED, 0)
        matched = counts.pop(MATCHED, 0)
        words = [f"{count:,} {word}" for word, count in counts.items() if count]
        if rescanned:
            words.append(f"{matched:,} of {rescanned:,} {MATCHED}")
        return own(", ".join([*words, f"{lost:,} {LOST}"]))
