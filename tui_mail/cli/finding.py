"""What one check of the doctor found."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found; ``remedy`` says what to do where it is not well."""

    account: str | None
    check: str
    well: bool
    detail: str
    remedy: str = ""
