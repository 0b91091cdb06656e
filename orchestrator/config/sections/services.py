"""What people use on a host besides training, and the name that it has on the web: `services:` and `web:`. Pure."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from orchestrator.config.sections.base import Section, no_repetition, one_or_several

Service = Literal[
    "desktop",
    "notebooks",
    "page",
    "gpu_exporter",
    "prometheus",
    "containers",
    "zabbix_agent",
    "zabbix_server",
]

_OF_A_SERVICE = {
    "desktop": ("vnc",),
    "notebooks": ("notebooks",),
    "page": (),
    "gpu_exporter": ("gpu_exporter",),
    "prometheus": ("gpu_exporter", "prometheus"),
    "containers": ("container_toolkit",),
    "zabbix_agent": ("zabbix_agent",),
    "zabbix_server": ("zabbix_agent", "zabbix_server"),
}
_WITHOUT_PAGES = {"containers", "zabbix_agent"}
_OF_PAGES = ("nginx", "host_page")
_OF_HOSTS_WE_MAKE = ("firewall",)

DnsName = Annotated[str, Field(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$")]


def roles_of(services: tuple[str, ...], *, made: bool) -> tuple[str, ...]:
    """The roles that services bring.

    Args:
        services: what is wanted.
        made: the hosts are made for the fleet. On those that exist, ports may be in use that nobody told us of, so only
            `roles: [firewall, …]` closes them.
    """
    own = tuple(role for service in services for role in _OF_A_SERVICE[service])
    if _WITHOUT_PAGES.issuperset(services):
        return own
    return (*(_OF_HOSTS_WE_MAKE if made else ()), *_OF_PAGES, *own)


class WebSpec(Section):
    """`web:`, how the services of a host are reached without an SSH tunnel. Empty: through one."""

    names: Annotated[tuple[DnsName, ...], BeforeValidator(one_or_several), AfterValidator(no_repetition)] = (
        Field(
            default=(),
            description="DNS names of the host, which point at it; it gets a certificate for them. For a fleet of one host: "
            "several take theirs from `dns_name:` under `aws:`, or each `nginx_names` in the inventory.",
        )
    )
    address_domain: str = Field(
        default="",
        pattern=r"^([a-z0-9-]+(\.[a-z0-9-]+)+)?$",
        description="For those who own no name: a service that answers 203-0-113-7.<domain> with that address, such as "
        "sslip.io. Empty: none.",
    )
    email: str = Field(
        default="",
        pattern=r"^([^@\s]+@[^@\s]+)?$",
        description="Where Let's Encrypt writes to when a certificate is about to expire. Empty: nowhere.",
    )
    staging: bool = Field(
        default=False,
        description="Certificates of Let's Encrypt's test authority, which no browser trusts and which has no limits.",
    )

    @property
    def role_vars(self) -> dict[str, object]:
        """What is said here as variables of role `nginx`; names are each host's own."""
        said = {
            "nginx_address_name_domain": self.address_domain,
            "nginx_acme_email": self.email,
            "nginx_acme_staging": self.staging,
        }
        return {name: value for name, value in said.items() if value}
