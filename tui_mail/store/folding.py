"""Words as a search compares them: without case, accents and punctuation.

Each character of Chinese, Japanese, Korean and Thai is a word of its own, so that a
part of what is written there without spaces is a phrase.
"""

import re
import unicodedata

_ALONE = (
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f\u1780-\u17ff"  # Burmese, Khmer
    "\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3100-\u312f\u31a0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
_ASCII = bytes(
    code if chr(code).isalnum() and code < 128 else 32 for code in range(256)
)
"""ASCII letters and digits as they are, all else a space: many times as fast."""
_WORD = re.compile(f"[{_ALONE}]|[^\\W_{_ALONE}]+")
_VOICED = "\u3099\u309a"
"""The marks that make other sounds of kana: no accents."""
_CASELESS_TWINS = str.maketrans(
    {"ß": "ss", "ı": "i", "ς": "σ", "ø": "o", "ł": "l", "đ": "d"}
)


def words_of(text: str) -> list[str]:
    """Cut a text into folded words."""
    lowered = text.lower()
    if lowered.isascii():
        return lowered.encode("ascii").translate(_ASCII).decode("ascii").split()
    return _WORD.findall(_without_marks(lowered))


def folded(text: str) -> str:
    """Fold a text to its words between spaces; empty where it has none."""
    words = words_of(text)
    return f" {' '.join(words)} " if words else ""


def _without_marks(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).translate(_CASELESS_TWINS)
    plain = "".join(
        one for one in plain if one in _VOICED or not unicodedata.combining(one)
    )
    return unicodedata.normalize("NFKC", plain.casefold())
