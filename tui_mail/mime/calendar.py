"""An invitation in a few lines (RFC 5545)."""

import re

_FOLD = re.compile(r"\r?\n[ \t]")
_SHOWN = {
    "SUMMARY": "What",
    "DTSTART": "Begins",
    "DTEND": "Ends",
    "LOCATION": "Where",
    "ORGANIZER": "Organizer",
}
_TIME = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})\d{2}(Z?))?")
_ESCAPED = re.compile(r"\\([\\;,nN])")
_METHODS = {"REQUEST": "Invitation", "CANCEL": "Cancelled", "REPLY": "Answer"}
MAX_LINES = 20_000


def calendar_text(text: str) -> str:
    """Write the first events of a calendar part in words."""
    title = "Calendar entry"
    out: list[str] = []
    inside = False
    for line in _FOLD.sub("", text).splitlines()[:MAX_LINES]:
        name, _, value = line.partition(":")
        name, _, parameters = name.partition(";")
        name = name.upper().strip()
        if name == "METHOD":
            title = _METHODS.get(value.strip().upper(), title)
        elif name in ("BEGIN", "END") and value.strip().upper() == "VEVENT":
            inside = name == "BEGIN"
            if inside and out:
                out.append("")
        elif inside and name in _SHOWN and len(out) < 100:
            out.append(f"{_SHOWN[name] + ':':<11}{_value(name, parameters, value)}")
    return "\n".join([title, *out]) if out else text


def _value(name: str, parameters: str, value: str) -> str:
    if name in ("DTSTART", "DTEND"):
        return _time(value, parameters)
    if name == "ORGANIZER":
        return re.sub(r"(?i)^mailto:", "", value.partition("?")[0])
    return _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], value)[
        :2_000
    ].replace("\n", ", ")


def _time(value: str, parameters: str) -> str:
    match = _TIME.match(value)
    if not match:
        return value
    day = f"{match[1]}-{match[2]}-{match[3]}"
    if not match[4]:
        return day
    zone = re.search(r"TZID=\"?([^;\":]{1,60})", parameters)
    where = " UTC" if match[6] else f" ({zone[1]})" if zone else ""
    return f"{day} {match[4]}:{match[5]}{where}"
