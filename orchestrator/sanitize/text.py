"""Foreign text without anything that a terminal, a page or an XML parser would obey. Pure."""

import re

REPLACEMENT = "\ufffd"

_SEQUENCES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor, erase
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"  # OSC, DCS, SOS, PM, APC: titles, links
    r"|\x1b[ -/]+[0-~]"  # character sets
)
"""Whole escape sequences of ECMA-48, in 7 and in 8 bits. What is left of a broken one is replaced below."""

_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 but tab and line feed, DEL, C1
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # marks and overrides of writing direction
    "\u2028\u2029\ufeff"  # line breaks that only some programs see, byte order mark
    "\ud800-\udfff\ufffe\uffff"  # lone surrogates and what is no character: neither UTF-8 nor XML has them
    "\U000e0000-\U000e007f]"  # invisible tags
)


def sanitized(text: str, *, limit: int | None = None) -> str:
    """The same text: escape sequences are removed, other control characters become U+FFFD, CR LF becomes LF.

    Args:
        text: what somebody else said.
        limit: characters to keep; what goes beyond is cut, and the text says so.
    """
    if text.isascii() and text.isprintable():
        clean = text
    else:
        clean = _FORBIDDEN.sub(REPLACEMENT, _SEQUENCES.sub("", text.replace("\r\n", "\n")))
    if limit is None or len(clean) <= limit:
        return clean
    return f"{clean[:limit]}… ({len(clean) - limit} more characters)"


def sanitized_line(text: str, *, limit: int | None = None) -> str:
    """As `sanitized`, on one line: white space of any kind becomes one space."""
    return sanitized(" ".join(text.split()), limit=limit)
