"""The way to package servers: what steps aside and comes back, the proxy of logins, and authorities that are trusted."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils.host_setup import managed, package_access
from ansible_collections.orchestrate.gpu.plugins.module_utils.host_setup.managed import with_block
from ansible_collections.orchestrate.gpu.plugins.module_utils.host_setup.package_access import Wish
from ansible_collections.orchestrate.gpu.plugins.module_utils.host_setup.replacement import Replacement
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import HostError

from tests.unit.roles.role_variables import role_variable

OURS = "# Ansible managed: role base\n"
PEM = "-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----"


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A host's folders, and an update-ca-certificates that writes the bundle and says how it was called."""
    monkeypatch.setattr(managed, "ROOT", pwd.getpwuid(os.getuid()).pw_name)
    for name, place in (("ENVIRONMENT", "environment"), ("AUTHORITIES", "local"), ("TRUSTED", "certs")):
        monkeypatch.setattr(package_access, name, tmp_path / place)
    program = tmp_path / "bin/update-ca-certificates"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "called $*" >{tmp_path}/certs/ca-certificates.crt\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    (tmp_path / "certs").mkdir()
    return tmp_path


def done(*files: Replacement, environment: str = "", write: bool = True, **certificates: str) -> list[str]:
    return package_access.bring_about(Wish("base", files, environment, certificates), write=write).done


def sources(root: Path, content: str) -> Replacement:
    return Replacement(root / "base.sources", content, (root / "sources.list", root / "debian.sources"))


def names(root: Path) -> set[str]:
    return {path.name for path in root.iterdir() if path.is_file()}


def test_sources_that_were_there_step_aside_and_come_back(root: Path) -> None:
    (root / "sources.list").write_text("deb http://deb.example stable main\n")
    said = done(sources(root, OURS), write=False)
    assert names(root) == {"sources.list"}
    assert done(sources(root, OURS)) == said
    assert names(root) == {"base.sources", "sources.list.base.disabled"}
    assert done(sources(root, OURS)) == []
    assert len(done(sources(root, ""))) == 2
    assert names(root) == {"sources.list"}
    assert done(sources(root, "")) == []


def test_what_somebody_wrote_meanwhile_is_not_written_over_by_what_comes_back(root: Path) -> None:
    (root / "sources.list.base.disabled").write_text("old\n")
    (root / "sources.list").write_text("new\n")
    assert done(sources(root, "")) == []
    assert (root / "sources.list").read_text() == "new\n"


def test_a_file_takes_the_place_of_one_of_its_own_name(root: Path) -> None:
    pip = root / "pip.conf"
    pip.write_text("[global]\ntimeout = 11\n")
    done(Replacement(pip, OURS, (pip,)))
    done(Replacement(pip, f"{OURS}timeout = 2\n", (pip,)))
    assert pip.read_text() == f"{OURS}timeout = 2\n"
    done(Replacement(pip, "", (pip,)))
    assert pip.read_text() == "[global]\ntimeout = 11\n"
    assert names(root) == {"pip.conf"}


def test_a_file_of_somebody_else_is_not_removed(root: Path) -> None:
    (root / "pip.conf").write_text("[global]\n")
    assert done(Replacement(root / "pip.conf", "", (root / "pip.conf",))) == []
    assert names(root) == {"pip.conf"}


def test_the_proxy_stands_between_other_lines_and_goes(root: Path) -> None:
    (root / "environment").write_text("EDITOR=vi")
    done(environment='http_proxy="http://proxy:3128"\n')
    assert (root / "environment").read_text() == (
        "EDITOR=vi\n# BEGIN Ansible managed: role base\n"
        'http_proxy="http://proxy:3128"\n# END Ansible managed: role base\n'
    )
    assert done(environment='http_proxy="http://proxy:3128"\n') == []
    assert done(write=False) == done() == [f"wrote {root}/environment"]
    assert (root / "environment").read_text() == "EDITOR=vi\n"
    assert done() == []
    (root / "environment").write_text("")
    done(environment="no_proxy=here\n")
    done()
    assert (root / "environment").read_text() == "", "an empty file was there"


def test_a_block_is_renewed_in_its_place() -> None:
    text = "a\n# BEGIN m\nold\n# END m\nb\n"
    assert with_block(text, "m", "new\n") == "a\n# BEGIN m\nnew\n# END m\nb\n"
    assert with_block(text, "m", "") == "a\nb\n"
    assert with_block("a", "m", "") == "a"
    assert with_block("# BEGIN m\nkey\n", "m", "") == "# BEGIN m\nkey\n", (
        "an end that is missing takes no line along"
    )


def test_authorities_are_trusted_and_those_that_are_not_asked_for_no_more(root: Path) -> None:
    bundle = root / "certs/ca-certificates.crt"
    done(company=PEM)
    assert not bundle.exists(), "the package that makes one is still to come"
    bundle.write_text("")
    assert done(company=PEM, laboratory=PEM, write=False)[-1] == "update-ca-certificates"
    done(company=PEM, laboratory=PEM)
    assert bundle.read_text() == "called \n"
    assert done(company=PEM, laboratory=PEM) == []
    assert done(company=PEM) == [
        f"removed {root}/local/base-laboratory.crt",
        "update-ca-certificates --fresh",
    ]
    assert done(company=PEM) == []


def test_trust_that_a_killed_run_left_half_done_is_finished(root: Path) -> None:
    bundle = root / "certs/ca-certificates.crt"
    done(company=PEM)
    bundle.write_text("")
    os.utime(bundle, (1, 1))
    assert done(company=PEM) == ["update-ca-certificates"]
    (root / "certs/base-gone.pem").symlink_to(root / "local/base-gone.crt")
    assert done(company=PEM, write=False) == ["update-ca-certificates --fresh"]


NOBLE: dict[str, object] = {"distribution": "Ubuntu", "distribution_version": "24.04"}
RESOLUTE: dict[str, object] = {"distribution": "Ubuntu", "distribution_version": "26.04"}
SUDOER: dict[str, object] = {"base_users": [{"name": "ada", "sudo": True}], "base_time_sync": "none"}


def packages(given: dict[str, object], facts: dict[str, object], *installed: str) -> set[str]:
    """What role base installs where these variables are set and these packages are there, without what it always does."""
    listed = {"__base_dpkg": {"stdout_lines": list(installed)}}
    every = {"virtualization_tech_guest": ["kvm"], **facts}
    found = role_variable("base", "__base_all_packages", {"base_packages": [], **listed, **given}, every)
    assert "python3-apt" in found
    return {*found} - {"python3-apt"}


def test_base_has_the_packages_that_its_variables_need() -> None:
    assert packages({"base_time_sync": "none"}, NOBLE) == set()
    given: dict[str, object] = {"base_packages": ["less"], "base_users": [{"name": "ada"}]}
    assert packages(given, NOBLE) == {"less", "systemd-timesyncd"}
    given = {"base_time_sync": "none", "base_timezone": "UTC", "base_ca_certificates": [1]}
    assert packages(given, NOBLE) == {"tzdata", "ca-certificates"}


def test_a_host_without_a_time_service_gets_that_of_its_distribution_or_the_one_named() -> None:
    assert packages({}, NOBLE, "installed tzdata ") == {"systemd-timesyncd"}
    assert packages({}, RESOLUTE, "config-files systemd-timesyncd time-daemon (= 255)") == {"chrony"}
    assert packages({"base_time_sync": "chrony"}, NOBLE) == {"chrony"}
    assert packages({}, {**NOBLE, "virtualization_tech_guest": ["container"]}) == set()


@pytest.mark.parametrize(
    "there",
    [
        "chrony time-daemon (= 4.5-1), ntp-server",
        "ntpsec ntp-server, time-daemon",
        "ntp ",
        "clocks time-daemon (= 1)",
    ],
)
def test_a_time_service_that_is_there_is_never_replaced(there: str) -> None:
    assert packages({}, NOBLE, "installed less ", f"installed {there}") == set()
    assert packages({"base_time_sync": "systemd-timesyncd"}, NOBLE, f"installed {there}") == set()
    assert packages({}, RESOLUTE, "installed systemd-timesyncd time-daemon (= 259)") == set()


def test_the_sudo_that_is_there_will_do() -> None:
    assert packages(SUDOER, NOBLE) == {"sudo"}
    assert packages(SUDOER, RESOLUTE) == {"sudo-rs"}
    assert packages(SUDOER, RESOLUTE, "installed sudo ") == {"sudo"}
    assert packages(SUDOER, NOBLE, "installed sudo-ldap sudo") == {"sudo-ldap"}
    assert packages(SUDOER, NOBLE, "installed sudo-rs ") == {"sudo"}, "there it is no command of that name"


@pytest.mark.parametrize(
    ("name", "pem"),
    [("../company", PEM), ("company", "MIIC"), ("company", f"{PEM}\n-----BEGIN PRIVATE KEY-----")],
)
def test_what_is_no_certificate_alone_is_refused_before_anything_changes(
    root: Path, name: str, pem: str
) -> None:
    with pytest.raises(HostError, match="is not a PEM certificate alone or has no plain file name"):
        package_access.bring_about(Wish("base", (sources(root, OURS),), "", {name: pem}), write=True)
    assert names(root) == set()
