"""Settings merged into files of somebody else's: all else stays byte for byte, and what was there comes back."""

import json

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils.container_toolkit import json_text, toml_text
from ansible_collections.orchestrate.gpu.plugins.module_utils.container_toolkit.settings import (
    Kept,
    Settings,
    merged,
)

CDI: Settings = {("features", "cdi"): True}
RUNTIME: Settings = {("runtimes", "nvidia", "path"): "nvidia-container-runtime"}
OWNERS = (
    '{\n  "log-opts": { "max-size":"10m" },\n  "features": {"buildkit": true}\n}\n',
    '{"debug":true}',
    '{\n\t"runtimes": {\n\t\t"kata": {\n\t\t\t"path": "kata"\n\t\t}\n\t},\n\t"features": {}\n}',
    "{}\n",
    "",
    '{"features": {"cdi": false, "buildkit": true}, "a": "}{,"}\n',
    '{"runtimes": {"nvidia": {"path": "/opt/old", "args": ["--x"]}}}',
    '{\n    "features": null\n}\n',
)
TOML = """\
# the owner's
[nvidia-container-cli]
mode = "other"

[nvidia-container-runtime] # the runtime
log-level = "info"
  mode = 'auto'

[nvidia-container-runtime.modes.cdi]
default-kind = "nvidia.com/gpu"
"""


def removed(text: str, kept: Kept | None, language: object = json_text) -> str | None:
    return merged(text, kept, {}, language)[0]  # type: ignore[arg-type]  # a module is a language


@pytest.mark.parametrize("settings", [CDI, RUNTIME], ids=["cdi", "runtime"])
@pytest.mark.parametrize("owners", OWNERS)
def test_a_setting_is_there_beside_the_owners_and_goes_without_a_trace(
    owners: str, settings: Settings
) -> None:
    text, kept = merged(owners, None, settings, json_text)
    assert text is not None
    ((path, value),) = settings.items()
    assert json_text.value_at(text, path) == value
    expected = json.loads(owners or "{}")
    inner = expected
    for name in path[:-1]:
        if not isinstance(inner.get(name), dict):
            inner[name] = {}
        inner = inner[name]
    inner[path[-1]] = value
    assert json.loads(text) == expected
    assert merged(text, kept, settings, json_text) == (text, kept)
    assert removed(text, kept) == owners


@pytest.mark.parametrize(
    ("owners", "written"),
    [
        (None, '{\n    "features": {"cdi": true}\n}\n'),
        (OWNERS[0], OWNERS[0].replace("true}", 'true,"cdi": true}')),
        (OWNERS[1], '{"debug":true,"features": {"cdi": true}}'),
        (OWNERS[2], OWNERS[2].replace('"features": {}', '"features": {\n\t    "cdi": true\n\t}')),
        ('{\n  "a": 1,\n  "b": 2\n}\n', '{\n  "a": 1,\n  "b": 2,\n  "features": {"cdi": true}\n}\n'),
    ],
)
def test_what_is_added_is_laid_out_as_the_rest_is(owners: str | None, written: str) -> None:
    assert merged(owners, None, CDI, json_text)[0] == written


def test_where_there_was_no_file_there_is_none_afterwards() -> None:
    text, kept = merged(None, None, CDI, json_text)
    assert text is not None
    assert removed(text, kept) is None


def test_a_file_that_has_it_already_is_the_owners_and_stays_so() -> None:
    owners = '{"features": {"cdi": true}}'
    assert merged(owners, None, CDI, json_text) == (owners, None)
    assert merged(owners, None, {}, json_text) == (owners, None)


def test_what_the_owner_changed_meanwhile_stays() -> None:
    text, kept = merged(OWNERS[0], None, CDI, json_text)
    assert text is not None
    edited = json_text.with_value(text, ("debug",), value=True)
    assert merged(edited, kept, CDI, json_text) == (edited, kept)
    left = removed(edited, kept)
    assert left is not None
    assert json.loads(left) == json.loads(OWNERS[0]) | {"debug": True}
    denied = json_text.with_value(text, ("features", "cdi"), value=False)
    assert removed(denied, kept) == denied


def test_an_upgraded_docker_has_the_other_setting_and_what_was_made_for_the_old_one_goes() -> None:
    text, kept = merged(OWNERS[0], None, RUNTIME, json_text)
    text, kept = merged(text, kept, CDI, json_text)
    assert text == merged(OWNERS[0], None, CDI, json_text)[0]
    assert kept is not None
    assert kept.before == OWNERS[0]


def test_what_was_made_only_to_hold_a_setting_goes_with_it() -> None:
    text, kept = merged("{}", None, RUNTIME, json_text)
    assert text is not None
    edited = json_text.with_value(text, ("debug",), value=True)
    left = removed(edited, kept)
    assert left is not None
    assert json.loads(left) == {"debug": True}


@pytest.mark.parametrize("text", ["[1]", "{", '{"a": 1} b', "null"])
def test_what_is_no_object_is_refused(text: str) -> None:
    with pytest.raises(json.JSONDecodeError):
        json_text.parsed(text)


def test_a_setting_of_toml_is_changed_in_its_own_table_and_comes_back() -> None:
    mode: Settings = {("nvidia-container-runtime", "mode"): "cdi"}
    text, kept = merged(TOML, None, mode, toml_text)
    assert text == TOML.replace("mode = 'auto'", 'mode = "cdi"')
    assert toml_text.value_at(TOML, ("nvidia-container-runtime", "mode")) == "auto"
    assert removed(text, kept, toml_text) == TOML
    edited = f"{text}\n[more]\n"
    assert removed(edited, kept, toml_text) == TOML.replace("'auto'", '"auto"') + "\n[more]\n"


def test_a_setting_of_toml_that_is_missing_comes_with_its_table() -> None:
    mode: Settings = {("nvidia-container-runtime", "mode"): "cdi"}
    assert merged("a = 1", None, mode, toml_text)[0] == 'a = 1\n[nvidia-container-runtime]\nmode = "cdi"\n'
    there = "[nvidia-container-runtime]\nlog-level = 1\n[other]\nmode = 2\n"
    text, kept = merged(there, None, mode, toml_text)
    assert text == there.replace("log-level", 'mode = "cdi"\nlog-level')
    assert removed(f"{text}b = 1\n", kept, toml_text) == f"{there}b = 1\n"
