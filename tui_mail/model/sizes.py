"""Sizes as a person reads them."""

from tui_mail.model.displayable import Displayable, own


def size_text(octets: int) -> Displayable:
    """Say a size with its unit: 340 kB, 1.2 MB."""
    if octets < 1000:
        return own(f"{octets} B")
    amount = float(octets)
    unit = "B"
    for larger in ("kB", "MB", "GB"):
        if amount < 999.5:
            break
        amount, unit = amount / 1000, larger
    return own(f"{amount:.1f} {unit}" if amount < 9.95 else f"{amount:.0f} {unit}")
