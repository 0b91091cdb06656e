"""What hosts, clouds and tools say, made harmless where it enters: text without control characters, JSON without surprises.

Pure. Every reader of foreign output uses these functions; nothing else decides what may be shown or parsed.
"""

from orchestrator.sanitize.document import DocumentError, sanitized_json, sanitized_value
from orchestrator.sanitize.text import sanitized, sanitized_line
from orchestrator.sanitize.time import sanitized_time

__all__ = [
    "DocumentError",
    "sanitized",
    "sanitized_json",
    "sanitized_line",
    "sanitized_time",
    "sanitized_value",
]
