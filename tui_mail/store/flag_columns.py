"""Flags as the tables keep them: system flags as bits, keywords between spaces."""

from tui_mail.model.flags import SYSTEM_FLAGS, Flags, canonical

BITS = {flag: 1 << place for place, flag in enumerate(SYSTEM_FLAGS)}
SEEN_BIT, ANSWERED_BIT, FLAGGED_BIT, DELETED_BIT, DRAFT_BIT = BITS.values()

_SYSTEM: tuple[Flags, ...] = tuple(
    frozenset(flag for flag, bit in BITS.items() if number & bit)
    for number in range(1 << len(BITS))
)
_FROM_SYSTEM = {flags: number for number, flags in enumerate(_SYSTEM)}


def to_columns(flags: Flags) -> tuple[int, str]:
    r"""Give the bits and the keywords; ``\Recent`` and other strangers are dropped."""
    usual = _FROM_SYSTEM.get(flags)
    if usual is not None:
        return usual, ""
    bits, keywords = 0, []
    for flag in map(canonical, flags):
        if flag in BITS:
            bits |= BITS[flag]
        elif not flag.startswith("\\"):
            keywords.append(flag)
    return bits, f" {' '.join(sorted(keywords))} " if keywords else ""


def from_columns(bits: int, keywords: str) -> Flags:
    """Give the flags again."""
    system = _SYSTEM[bits]
    return system | frozenset(keywords.split()) if keywords else system
