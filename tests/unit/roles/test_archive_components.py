"""Which components of the distribution's archive the host's sources lack."""

from pathlib import Path

from ansible_collections.orchestrate.gpu.plugins.module_utils.nvidia_repository import archive

ONE_LINE = """\
deb http://mirror/ubuntu/ jammy main restricted
deb http://mirror/ubuntu/ jammy-updates main restricted
deb http://mirror/ubuntu jammy universe
deb http://mirror/ubuntu jammy multiverse
"""
STANZA = """\
Types: deb
URIs: http://mirror/ubuntu/
Suites: noble noble-updates noble-backports
Components: main universe restricted multiverse
Signed-By: /usr/share/keyrings/ubuntu-archive-keyring.gpg
"""
SECURITY_ONLY = """\
Types: deb
URIs: http://mirror/ubuntu
Suites: noble-security
Components: universe
"""


def test_a_component_that_has_a_line_of_its_own_is_not_told_twice() -> None:
    files = {Path("sources.list"): ONE_LINE}
    assert archive.stanzas_for(files, ["restricted", "universe", "multiverse"], "jammy") == [
        "Types: deb\nURIs: http://mirror/ubuntu/\nSuites: jammy-updates\nComponents: universe multiverse\n"
    ]


def test_a_stanza_with_all_components_as_ubuntu_comes_is_left_alone() -> None:
    files = {Path("ubuntu.sources"): STANZA}
    assert archive.stanzas_for(files, ["universe", "multiverse"], "noble") == []


def test_of_the_suites_of_a_stanza_only_those_are_added_to_that_lack_the_component() -> None:
    main = STANZA.replace("noble-backports", "noble-security").replace("main universe", "main")
    files = {Path("ubuntu.sources"): main, Path("more.sources"): SECURITY_ONLY}
    assert archive.stanzas_for(files, ["universe", "multiverse"], "noble") == [
        (
            "Types: deb\nURIs: http://mirror/ubuntu/\nSuites: noble noble-updates\n"
            "Signed-By: /usr/share/keyrings/ubuntu-archive-keyring.gpg\nComponents: universe\n"
        )
    ]


def test_a_host_without_a_source_of_its_distribution_is_known_as_such() -> None:
    assert archive.stanzas_for({Path("ubuntu.sources"): STANZA}, ["universe"], "jammy") is None
