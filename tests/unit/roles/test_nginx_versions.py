"""What role nginx writes for each NGINX that a distribution of the roles has: no directive that came later. No NGINX runs."""

import itertools
import re

import pytest

from tests.unit.roles.rendered import rendered_variables

VERSIONS = ("1.18.0", "1.22.1", "1.24.0", "1.26.3", "1.28.0")
"""Ubuntu 22.04, Debian 12, Ubuntu 24.04, Debian 13, Ubuntu 26.04."""

SINCE = {
    "absolute_redirect": (1, 11, 8),
    "add_header": (0,),
    "alias": (0,),
    "auth_basic": (0,),
    "auth_basic_user_file": (0,),
    "client_max_body_size": (0,),
    "default_type": (0,),
    "error_log": (0,),
    "http2": (1, 25, 1),
    "if": (0,),
    "include": (0,),
    "index": (0,),
    "limit_req": (0, 7, 21),
    "limit_req_status": (1, 3, 15),
    "limit_req_zone": (0, 7, 21),
    "listen": (0,),
    "location": (0,),
    "map": (0,),
    "proxy_buffering": (0,),
    "proxy_hide_header": (0,),
    "proxy_http_version": (1, 1, 4),
    "proxy_pass": (0,),
    "proxy_read_timeout": (0,),
    "proxy_request_buffering": (1, 7, 11),
    "proxy_send_timeout": (0,),
    "proxy_set_header": (0,),
    "real_ip_header": (0,),
    "return": (0, 8, 42),
    "root": (0,),
    "server": (0,),
    "server_name": (0,),
    "server_tokens": (0,),
    "set": (0,),
    "set_real_ip_from": (0,),
    "ssl_certificate": (0,),
    "ssl_certificate_key": (0,),
    "ssl_ciphers": (0,),
    "ssl_client_certificate": (0,),
    "ssl_ecdh_curve": (1, 11, 0),
    "ssl_prefer_server_ciphers": (0,),
    "ssl_protocols": (1, 13, 0),
    "ssl_reject_handshake": (1, 19, 4),
    "ssl_session_cache": (0,),
    "ssl_session_tickets": (1, 5, 9),
    "ssl_session_timeout": (0,),
    "ssl_verify_client": (0,),
    "try_files": (0,),
}
"""The first NGINX that knows a directive, with all the parameters that the role gives it, by nginx.org's own pages."""

DIRECTIVE = re.compile(r"^\s*([a-z0-9_]+)(?: [^\n]*)?[;{]$", re.MULTILINE)


LOGINS = ("password", "certificate")
HOST = {"inventory_hostname": "gpu1", "ansible_user": "ada", "nginx_names": ["gpu1.example.org"]}
FACTS = {"user_id": "ada", "default_ipv4": {"address": "192.0.2.7"}, "all_ipv6_addresses": ["2001:db8::7"]}


@pytest.fixture(scope="module")
def written() -> dict[tuple[str, str], str]:
    """All files that NGINX reads on a host with names, by version and login."""
    cases = list(itertools.product(VERSIONS, LOGINS))
    wanted = [
        (
            "nginx",
            "__nginx_configuration",
            {
                **HOST,
                "__nginx_version_shown": {"stderr": f"nginx version: nginx/{version} (Ubuntu)\n"},
                "nginx_login": login,
                "nginx_client_ca_file": "/etc/ssl/people.pem",
            },
            FACTS,
        )
        for version, login in cases
    ]
    return {
        case: "".join(file["content"] for file in files if file["path"].endswith(".conf"))
        for case, files in zip(cases, rendered_variables(wanted), strict=True)
    }


def directives(text: str) -> set[str]:
    """Their names; those within a `map` are values, and begin with a quote, a variable or `default`."""
    inside_maps = re.compile(r"^map [^{]*\{.*?^\}", re.MULTILINE | re.DOTALL)
    return set(DIRECTIVE.findall(inside_maps.sub("map x {", text)))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("login", LOGINS)
def test_no_directive_is_newer_than_the_nginx_that_reads_it(
    written: dict[tuple[str, str], str], version: str, login: str
) -> None:
    text, has = written[version, login], tuple(map(int, version.split(".")))
    found = directives(text)
    assert found <= SINCE.keys()
    assert {name for name in found if SINCE[name] > has} == set()
    # HTTP/2 in each of them, and in none by the way that warns.
    assert ("listen 443 ssl http2;" in text) == (has < (1, 25, 1))
    assert ("http2" in found) == (has >= (1, 25, 1))


@pytest.mark.parametrize("version", VERSIONS)
def test_who_asks_for_another_name_gets_no_certificate_from_any_nginx(
    written: dict[tuple[str, str], str], version: str
) -> None:
    text = written[version, "password"]
    (stranger,) = re.findall(r"^server \{\n[^}]*default_server[^}]*^\}", text, re.MULTILINE)
    if version == "1.18.0":
        assert "ssl_certificate data:$orchestrate_nothing;" in stranger
        assert '\nmap "" $orchestrate_nothing {\n    default "";\n}\n' in text
    else:
        assert "ssl_reject_handshake on;" in stranger
        assert "ssl_certificate " not in stranger
