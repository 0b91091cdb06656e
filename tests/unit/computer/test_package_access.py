"""What is read of this computer, from made-up configuration trees."""

from pathlib import Path

import pytest
from jinja2.nativetypes import NativeEnvironment

from orchestrator.computer.package_access import PackageAccess, read_package_access

DEB822 = """# a comment
Types: deb
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main

Types: deb
URIs: http://vendor.example/apt
Suites: stable
Components: main
"""

ONE_LINE = """deb [signed-by=/x.gpg] http://mirror.example/debian trixie main
deb-src http://mirror.example/debian trixie main
deb http://mirror.example/debian-security trixie-security main contrib
deb http://127.0.0.1:3142/debian trixie main
deb file:/srv/debian trixie main
"""


PEM = "-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----\n"


def look(root: Path, **environ: str) -> PackageAccess:
    return read_package_access(root, home=root / "home/me", environ=environ)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_a_bare_computer_hands_on_nothing(tmp_path: Path) -> None:
    assert look(tmp_path).role_vars() == {}


@pytest.mark.parametrize(
    ("name", "text"), [("sources.list.d/debian.sources", DEB822), ("sources.list", ONE_LINE)]
)
def test_debian_mirrors_are_read_from_both_formats(tmp_path: Path, name: str, text: str) -> None:
    write(tmp_path / "etc/apt" / name, text)
    assert look(tmp_path).apt_uris == (
        ("http://mirror.example/debian", "main"),
        ("http://mirror.example/debian-security", "security"),
    )


def test_mirrors_serve_each_host_its_own_release(tmp_path: Path) -> None:
    write(tmp_path / "etc/apt/sources.list", ONE_LINE)
    sources = look(tmp_path).role_vars()["base_apt_sources"]
    assert isinstance(sources, list)
    (suite,) = sources[1]["suites"]
    templar = NativeEnvironment()
    served = {
        told: templar.from_string(suite).render(ansible_facts={"distribution_release": told})
        for told in ("bookworm", "trixie", "jammy", "noble", "resolute")
    }
    assert served == {
        "bookworm": "bookworm-security",
        "trixie": "trixie-security",
        # A rehearsal's host that says it is Ubuntu is a Debian.
        "jammy": "bookworm-security",
        "noble": "bookworm-security",
        "resolute": "trixie-security",
    }


def test_extra_certificates_come_with_the_bundle_for_pip(tmp_path: Path) -> None:
    write(tmp_path / "usr/local/share/ca-certificates/company.crt", PEM)
    variables = look(tmp_path).role_vars()
    assert variables["base_ca_certificates"] == [{"name": "company", "pem": PEM}]
    assert variables["base_pip_config"] == {"cert": "/etc/ssl/certs/ca-certificates.crt"}


def test_the_nearer_pip_setting_wins(tmp_path: Path) -> None:
    write(tmp_path / "etc/pip.conf", "[global]\nindex-url = https://system.example/simple\ntimeout = 60\n")
    write(tmp_path / "home/me/.config/pip/pip.conf", "[global]\nindex-url = https://user.example/simple\n")
    assert look(tmp_path).pip == {"index-url": "https://user.example/simple", "timeout": "60"}
    assert look(tmp_path, PIP_INDEX_URL="https://shell.example").pip["index-url"] == "https://shell.example"


def test_what_means_this_computer_alone_is_left_out(tmp_path: Path) -> None:
    seen = look(
        tmp_path,
        PIP_EXTRA_INDEX_URL="file:///srv/wheels https://index.example/simple",
        http_proxy="http://localhost:3128",
        https_proxy="http://proxy.example:3128",
    )
    assert seen.pip == {"extra-index-url": "https://index.example/simple"}
    assert seen.proxy == {"https": "http://proxy.example:3128"}
    assert seen.notes == ()


def test_a_password_is_left_out_and_named_without_it(tmp_path: Path) -> None:
    seen = look(tmp_path, PIP_INDEX_URL="https://me:hunter2@index.example/simple")
    assert seen.pip == {}
    assert seen.notes == (
        "index-url carries a password and is not handed to hosts; set it there under `vars:`",
    )


def test_no_proxy_alone_is_no_proxy(tmp_path: Path) -> None:
    assert look(tmp_path, no_proxy="localhost").proxy == {}


def test_company_certificates_are_found_where_each_distribution_keeps_them(tmp_path: Path) -> None:
    write(tmp_path / "etc/pki/ca-trust/source/anchors/company.pem", PEM)
    write(tmp_path / "etc/pki/trust/anchors/company.crt", PEM.replace("MIIC", "MIID"))
    write(tmp_path / "etc/ca-certificates/trust-source/anchors/lab.cer", PEM)
    write(tmp_path / "etc/pki/ca-trust/source/anchors/README", PEM)
    (tmp_path / "etc/pki/ca-trust/source/anchors/binary.crt").write_bytes(b"\x30\x82\xff")
    seen = look(tmp_path)
    assert [each["name"] for each in seen.ca_certificates] == ["company", "company-1", "lab"]
    assert seen.notes == ("binary.crt is no certificate in PEM and is not handed to hosts",)
