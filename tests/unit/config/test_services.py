"""`services:` and `web:`: the roles that they bring, the names that hosts get, and who may come in."""

import pytest

from orchestrator.config import FleetSpec
from orchestrator.errors import UsageError
from orchestrator.models import HostRequest
from orchestrator.stages.plan.web import is_public, web_names


def spec(**said: object) -> FleetSpec:
    return FleetSpec.model_validate(said)


def hosts(fleet: FleetSpec) -> tuple[HostRequest, ...]:
    return fleet.host_requests


def test_a_plain_fleet_has_nothing_on_the_web() -> None:
    plain = spec()
    assert not {"nginx", "vnc", "notebooks", "host_page", "firewall"} & set(plain.wanted_roles)
    assert web_names(plain, hosts(plain)) == {}
    assert not is_public(plain)


@pytest.mark.parametrize(
    ("services", "brought"),
    [
        (["desktop"], {"firewall", "nginx", "host_page", "vnc"}),
        (["notebooks"], {"firewall", "nginx", "host_page", "notebooks"}),
        (["page"], {"firewall", "nginx", "host_page"}),
        (["gpu_exporter"], {"firewall", "nginx", "host_page", "gpu_exporter"}),
        (["prometheus"], {"firewall", "nginx", "host_page", "gpu_exporter", "prometheus"}),
        (["prometheus", "gpu_exporter"], {"firewall", "nginx", "host_page", "gpu_exporter", "prometheus"}),
        (["zabbix_agent"], {"zabbix_agent"}),
        (["zabbix_server"], {"firewall", "nginx", "host_page", "zabbix_agent", "zabbix_server"}),
    ],
)
def test_a_service_brings_the_roles_it_needs(services: list[str], brought: set[str]) -> None:
    assert set(spec(services=services).wanted_roles) - set(spec().wanted_roles) == brought


def test_containers_bring_no_page() -> None:
    assert set(spec(services=["containers"]).wanted_roles) - set(spec().wanted_roles) == {"container_toolkit"}
    both = set(spec(services=["containers", "page"]).wanted_roles)
    assert {"container_toolkit", "host_page", "nginx"} <= both


def test_ports_of_hosts_that_existed_are_not_closed_unless_it_is_said() -> None:
    existing = spec(cloud="onprem", services=["desktop"])
    assert "firewall" not in existing.wanted_roles
    assert "firewall" in spec(cloud="onprem", roles=["firewall"], services=["desktop"]).wanted_roles


def test_a_role_that_is_listed_and_brought_stands_there_once() -> None:
    assert spec(roles=["base", "nginx"], services=["page"]).wanted_roles.count("nginx") == 1


def test_a_name_without_a_service_is_refused() -> None:
    named = spec(web={"names": "gpu.example.org"})
    with pytest.raises(UsageError, match="nothing on the web") as refused:
        web_names(named, hosts(named))
    assert "--with page" in refused.value.hint


def test_the_names_of_one_host_are_refused_for_several() -> None:
    named = spec(hosts=2, services=["page"], web={"names": ["gpu.example.org"]})
    with pytest.raises(UsageError, match="of one host, and the fleet has 2"):
        web_names(named, hosts(named))


def test_rented_hosts_take_their_names_from_their_records() -> None:
    rented = {"cloud": "aws", "aws": {"dns_name": "gpu.example.org"}, "services": ["page"]}
    two = spec(name="lab", hosts=2, **rented)
    assert web_names(two, hosts(two)) == {"lab-1": ("1.gpu.example.org",), "lab-2": ("2.gpu.example.org",)}
    one = spec(name="lab", **rented)
    assert web_names(one, hosts(one)) == {"lab-1": ("gpu.example.org",)}
    assert is_public(one)


def test_the_web_is_open_only_where_there_is_something_and_it_has_a_name() -> None:
    assert is_public(spec(services=["page"], web={"names": "gpu.example.org"}))
    assert is_public(spec(services=["page"], web={"address_domain": "sslip.io"}))
    assert not is_public(spec(services=["page"]))
    assert not is_public(spec(web={"address_domain": "sslip.io"}))


def test_what_is_said_of_the_web_becomes_variables_of_the_role() -> None:
    said = spec(web={"email": "ops@example.org", "staging": True})
    assert said.web.role_vars == {"nginx_acme_email": "ops@example.org", "nginx_acme_staging": True}
