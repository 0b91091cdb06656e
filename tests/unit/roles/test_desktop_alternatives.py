"""Another desktop on the host: what its logins start stays what it was, and goes back to the packages' priorities in the end."""

import json
import os
from pathlib import Path

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils.desktop import alternatives
from ansible_collections.orchestrate.gpu.plugins.module_utils.desktop.alternatives import Alternative
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages import record

LXDE, XFCE, GNOME = "/usr/bin/lxsession", "/usr/bin/startxfce4", "/usr/bin/gnome-session"
SESSION = "x-session-manager"
PROGRAM = """\
#!/bin/sh
# As the real one, for a session manager alone: the choices lie in a file, the last of them has the highest priority.
cd {folder}
[ "$2" = x-session-manager ] && [ -s choices ] || exit 2
case "$1" in
--set) echo "$3" >chosen ;;
--auto) rm -f chosen ;;
--query)
    [ -e chosen ] && status=manual || status=auto
    printf 'Name: %s\\nLink: /usr/bin/%s\\nStatus: %s\\nBest: %s\\n' "$2" "$2" "$status" "$(tail -n 1 choices)"
    printf 'Value: %s\\n' "$(cat chosen 2>/dev/null || tail -n 1 choices)"
    while read -r choice; do printf '\\nAlternative: %s\\nPriority: 49\\n' "$choice"; done <choices ;;
esac
"""


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the choices; the host's program changes what is chosen in it."""
    monkeypatch.setattr(alternatives, "RECORD", tmp_path / "record.json")
    monkeypatch.setattr(record, "RECORD", tmp_path / "packages.json")
    (tmp_path / "update-alternatives").write_text(PROGRAM.format(folder=tmp_path))
    (tmp_path / "update-alternatives").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    return tmp_path


def have(host: Path, *choices: str) -> None:
    """Have packages with these session managers installed, that of the highest priority last."""
    (host / "choices").write_text("".join(f"{each}\n" for each in choices))


def session(host: Path) -> tuple[str, bool]:
    """What a login starts, and whether the priorities decide that."""
    manual = host / "chosen"
    return (manual if manual.exists() else host / "choices").read_text().split()[-1], not manual.exists()


def remember(host: Path) -> None:
    alternatives.remember("vnc", host / "no-former-record")


def test_the_session_of_another_desktop_stays_and_is_left_to_the_priorities_in_the_end(host: Path) -> None:
    have(host, LXDE)
    remember(host)
    have(host, LXDE, XFCE)
    assert session(host)[0] == XFCE
    assert alternatives.keep() == [f"kept {SESSION} at {LXDE}"]
    assert session(host) == (LXDE, False)

    remember(host)
    assert alternatives.keep() == []

    have(host, LXDE)
    assert alternatives.give_back() == [f"{SESSION} follows the priorities again"]
    assert session(host) == (LXDE, True)
    assert not (host / "record.json").exists()
    assert alternatives.give_back() == []


def test_what_somebody_chose_by_hand_is_no_matter_of_the_role(host: Path) -> None:
    have(host, LXDE, GNOME)
    (host / "chosen").write_text(f"{LXDE}\n")
    remember(host)
    have(host, LXDE, GNOME, XFCE)
    assert alternatives.keep() == []
    have(host, LXDE, GNOME)
    assert alternatives.give_back() == []
    assert session(host) == (LXDE, False)


def test_xfce_is_not_taken_for_what_was_there_before(host: Path) -> None:
    """On a host without a desktop, and where an earlier release has installed it."""
    have(host)
    remember(host)
    have(host, XFCE)
    assert alternatives.keep() == []
    (host / "record.json").unlink()
    record.write({"vnc": record.Owned(asked=("xfce4-session",))})
    remember(host)
    assert not (host / "record.json").exists()


@pytest.mark.parametrize(
    ("now", "moved"),
    [
        (Alternative(True, XFCE, frozenset({XFCE, LXDE})), {SESSION: LXDE}),
        (Alternative(False, XFCE, frozenset({XFCE, LXDE})), {}),
        (Alternative(True, XFCE, frozenset({XFCE})), {}),
        (Alternative(True, LXDE, frozenset({XFCE, LXDE})), {}),
    ],
    ids=["taken over", "chosen by hand since", "uninstalled since", "never taken over"],
)
def test_only_what_was_taken_over_is_set(now: Alternative, moved: dict[str, str]) -> None:
    assert alternatives.decide({SESSION: LXDE}, {SESSION: now}) == moved


def test_what_is_on_record_is_what_the_host_had(host: Path) -> None:
    have(host, LXDE)
    remember(host)
    assert json.loads((host / "record.json").read_text()) == {SESSION: LXDE}
