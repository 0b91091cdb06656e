"""Read JSON files of a host."""

import json
from collections.abc import Iterator
from typing import TypeGuard

from orchestrator.errors import GarbledAnswerError
from orchestrator.remote import Shell
from orchestrator.sanitize import DocumentError, sanitized_json, sanitized_value


def read_json(shell: Shell, path: str, host: str) -> dict[str, object] | None:
    """The object in a file of the host; None when there is no such file.

    Raises:
        GarbledAnswerError: something else is in the file.
        UnreachableError: no connection, or it broke.
    """
    answer = shell.run(("cat", path))
    if answer.exit_code != 0:
        return None
    try:
        said = sanitized_json(answer.stdout)
    except DocumentError as error:
        raise unreadable_answer(host, path) from error
    if not isinstance(said, dict):
        raise unreadable_answer(host, path)
    return said


def read_lists(shell: Shell, folder: str, host: str) -> Iterator[dict[str, object]]:
    """The objects in the lists that the JSON files of a folder hold. Raises as `read_json`."""
    answer = shell.run(("find", folder, "-name", "*.json", "-exec", "cat", "{}", "+"))
    decoder, text = json.JSONDecoder(), answer.stdout.strip()
    while text:
        try:
            entries, end = decoder.raw_decode(text)
            entries = sanitized_value(entries)
        except (ValueError, RecursionError) as error:
            raise unreadable_answer(host, folder) from error
        if not isinstance(entries, list):
            raise unreadable_answer(host, folder)
        yield from (entry for entry in entries if isinstance(entry, dict))
        text = text[end:].lstrip()


def is_port(given: object) -> TypeGuard[int]:
    """Whether it is a port number that something can listen on."""
    return isinstance(given, int) and not isinstance(given, bool) and 0 < given < 2**16


def unreadable_answer(host: str, path: str) -> GarbledAnswerError:
    """The error for a file that a role of ours would not have written so."""
    return GarbledAnswerError(f"{host}: {path} cannot be read", "`orchestrate up` writes it anew")
