"""The variable tables in the roles' READMEs."""

from pathlib import Path

import pytest

from tools.role_readme import MissingMarkersError, main, variables

README = "# clock\n\n<!-- variables -->\n<!-- /variables -->\n\nAfter.\n"
DEFAULTS = "clock_state: present\nclock_servers:\n  - one\n  - two\nclock_note: a|b\n"
SPECS = """
argument_specs:
  main:
    options:
      clock_servers: {type: list, elements: str, description: [Servers to ask., The first wins.]}
      clock_state: {type: str, choices: [present, absent], description: Whether the role is applied.}
      clock_note: {description: Free text.}
      clock_zone: {type: str, required: true, description: Time zone.}
"""
TABLE = """| Variable | Type | Default | Meaning |
|---|---|---|---|
| `clock_state` | str, `present`, `absent` | `"present"` | Whether the role is applied. |
| `clock_servers` | list of str | `["one", "two"]` | Servers to ask. The first wins. |
| `clock_note` | str | `"a\\|b"` | Free text. |
| `clock_zone` | str | required | Time zone. |
"""


def clock_role(folder: Path, *, readme: str = README, defaults: str = DEFAULTS) -> Path:
    role = folder / "clock"
    for name, text in {
        "README.md": readme,
        "defaults/main.yml": defaults,
        "meta/argument_specs.yml": SPECS,
    }.items():
        (role / name).parent.mkdir(parents=True, exist_ok=True)
        (role / name).write_text(text, encoding="utf-8")
    return role


def test_the_table_has_one_row_a_variable_in_the_order_of_the_defaults(tmp_path: Path) -> None:
    role = clock_role(tmp_path)
    assert main(["--roles", str(tmp_path)]) == 0
    assert (role / "README.md").read_text() == README.replace("-->\n<!-- /", f"-->\n{TABLE}<!-- /")


def test_check_writes_nothing_and_names_the_stale_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    role = clock_role(tmp_path)
    assert main(["--roles", str(tmp_path), "--check"]) == 1
    assert (role / "README.md").read_text() == README
    assert str(role / "README.md") in capsys.readouterr().out


def test_a_fresh_table_passes_the_check(tmp_path: Path) -> None:
    clock_role(tmp_path)
    main(["--roles", str(tmp_path)])
    assert main(["--roles", str(tmp_path), "--check"]) == 0


def test_a_readme_without_markers_is_refused(tmp_path: Path) -> None:
    clock_role(tmp_path, readme="# clock\n")
    with pytest.raises(MissingMarkersError, match="<!-- variables -->"):
        main(["--roles", str(tmp_path)])


def test_a_long_default_points_to_the_file(tmp_path: Path) -> None:
    role = clock_role(tmp_path, defaults=f"clock_note: {'x' * 80}\n")
    main(["--roles", str(tmp_path)])
    assert "| see `defaults/main.yml` |" in (role / "README.md").read_text()


def test_a_default_without_a_spec_still_has_its_row(tmp_path: Path) -> None:
    role = clock_role(tmp_path, defaults="clock_extra: 1\n")
    assert variables(role)[0].name == "clock_extra"
