"""Files that are the owner's as a whole, or by lines between two markers. Never takes a line of somebody else's."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.orchestrate.gpu.plugins.module_utils.host_state import files
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import Answer

ROOT = "root"


def with_block(text: str, marker: str, block: str) -> str:
    """The text with this block between its markers, in its place or at the end; without the block where it is empty. Pure."""
    begin, end = f"# BEGIN {marker}", f"# END {marker}"
    lines = text.splitlines()
    fresh = [begin, *block.strip().splitlines(), end] if block.strip() else []
    if begin in lines and end in lines[lines.index(begin) :]:
        at = lines.index(begin)
        lines[at : lines.index(end, at) + 1] = fresh
    elif fresh:
        lines += fresh
    else:
        return text
    return "".join(f"{line}\n" for line in lines)


def root_file(path: Path, content: str, mode: int = 0o644) -> files.Wish:
    """A file of root's; none where there is nothing in it."""
    return files.Wish(path, "file" if content else "absent", content, "", mode, ROOT, ROOT)


def change(answer: Answer, *wishes: files.Wish) -> bool:
    """Bring these about, and say in the answer what was changed. Whether anything was."""
    changes = files.bring_about(wishes, write=answer.write)
    answer.done += [each.said for each in changes]
    answer.diff += [each.diff() for each in changes]
    return bool(changes)
