"""What a person may have overlooked in a message that is about to go."""

import re
from collections.abc import Iterator, Sequence

from tui_mail.compose.draft import Draft
from tui_mail.compose.forwarding import MARK
from tui_mail.compose.identity import Identity
from tui_mail.mime.addresses import parse_addresses
from tui_mail.mime.quoting import is_attribution, signature_start
from tui_mail.model.displayable import Displayable

MANY = 30
"""Recipients whose addresses all of them see, from which on it is told."""

_FOREIGN = re.compile(r"\s*(?:re|fwd):", re.IGNORECASE)
"""Begins a subject that somebody else gave."""
_ATTACHED = re.compile(
    r"\b(?:"
    # English, German, Dutch
    r"attach(?:ed|ing|ments?)?|enclos(?:ed|ing|ures?)"
    r"|anbei|angehängt\w*|angefügt\w*|anhang|anhänge|beigefügt\w*|beiliegend\w*"
    r"|(?:in der|als) anlage"
    r"|bijlagen?|bijgevoegd\w*|bijgesloten|toegevoegd bestand"
    # French, Spanish, Italian, Portuguese, Romanian
    r"|pi[èe]ces? jointes?|ci-jointe?s?|en pi[èe]ce jointe|joins? (?:à ce|le|la|les|un)\b"
    r"|fichiers? joints?|adjunt(?:o|a|os|as|amos|ar|é|ado|ada)|archivos? adjuntos?"
    r"|allegat[oiae]|allego|alleghiamo"
    r"|(?:em|no|segue[mn]?) anexo|anexad[oa]s?|anexei|anexos?|ata[șs]at\w*"
    # Swedish, Danish, Norwegian, Finnish
    r"|bifog(?:a|ar|ad|at|ade)|bilag(?:a|or|an|orna|d|t)?|vedhæft\w+|vedlagt\w*|vedlegg\w*"
    r"|liitteenä|liitetiedosto\w*|oheisena"
    # Polish, Czech, Hungarian, Turkish
    r"|załącz\w+|w załączeniu|přílo[hz]\w+|přilož\w+|mellékel\w+|csatol\w+"
    r"|ekteki|ekte (?:bul|gönder|sun)\w+|ilişikte"
    # Russian, Ukrainian, Greek
    r"|прилага\w+|в приложении|вложени\w+|у вкладенні|[ув] додатку|συνημμέν\w+|επισυνάπτ\w+"
    r")(?!\w)"
    # Chinese, Japanese, Korean know no spaces between words
    r"|附件|附檔|附上|添付|첨부",
    re.IGNORECASE,
)


def overlooked(draft: Draft, identity: Identity) -> tuple[Displayable, ...]:
    """Say in sentences what may have been forgotten or not meant; nothing forbids it."""
    return tuple(map(Displayable, _sentences(draft, identity)))


def _sentences(draft: Draft, identity: Identity) -> Iterator[str]:
    words = own_words(draft.body)
    if not draft.attachments:
        subject = "" if _FOREIGN.match(draft.subject) else draft.subject
        said = f"{subject}\n{words}"
        if found := _ATTACHED.search(said):
            yield f'It says "{found[0]}", but nothing is attached.'
    if not draft.subject.strip():
        yield "It has no subject."
    if not words.strip() and not draft.attachments and MARK not in draft.body:
        yield "There is no text of yours in it."
    if draft.warn_private:
        yield "It answers a mailing list's message to its author alone."
    yield from _about_people(draft, identity)


def _about_people(draft: Draft, identity: Identity) -> Iterator[str]:
    seen = [
        one
        for field in (draft.to, draft.cc)
        for one in parse_addresses(field)
        if one.address
    ]
    if len(seen) >= MANY:
        yield f"{len(seen)} recipients see each other's addresses; Bcc hides them."
    senders = parse_addresses(draft.sender)
    strange = [one for one in senders if not identity.is_ours(one.address)]
    if strange:
        yield f"{strange[0].address} is none of this account's addresses."


def own_words(body: str) -> str:
    """Leave what one wrote oneself: no quotes, no signature, nothing forwarded."""
    lines = body.partition(f"{MARK}\n")[0].split("\n")
    return "\n".join(_own_lines(lines))


def _own_lines(lines: Sequence[str]) -> Iterator[str]:
    end = signature_start(list(lines))
    for line in lines[:end]:
        if not line.startswith(">") and not is_attribution(line):
            yield line
