"""The interfaces and addresses of an instance: here everything is one network. Changes moto's records of these, and of disks."""

from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.models.instances import Instance


class TerminatedInstance(Instance):
    """A terminated instance has neither interfaces nor addresses any more; moto goes on showing them."""

    @property
    def network_interfaces(self) -> list[NetworkInterface]:
        """None."""
        return []

    private_ip = private_ip_address = public_ip = public_ip_address = None
    private_dns_name = public_dns_name = ""


def address_here(instance: Instance) -> None:
    """Make the public address the private one. An Elastic IP stays."""
    for nic in instance.nics.values():
        elastic = nic.ec2_backend.address_by_ip([nic.public_ip], fail_if_not_found=False)
        if nic.public_ip and not elastic:
            nic.public_ip = nic.private_ip_address


def hide_address(instance: Instance) -> None:
    """The instance has no public address for now."""
    for nic in instance.nics.values():
        nic.public_ip = None


def show_address(instance: Instance) -> None:
    """The instance has the address that it was launched to have."""
    for nic in instance.nics.values():
        if nic.public_ip_auto_assign and not nic.public_ip and instance.state in {"pending", "running"}:
            nic.public_ip = nic.private_ip_address


def let_address_go(instance: Instance) -> None:
    """A stopped instance has no public address but an Elastic IP."""
    for nic in instance.nics.values():
        if nic.public_ip and not nic.ec2_backend.address_by_ip([nic.public_ip], fail_if_not_found=False):
            nic.public_ip = None


def attached_now(instance: Instance) -> None:
    """Disks and interfaces are attached as the instance is launched, by the account's time rather than moto's."""
    for nic in instance.nics.values():
        nic.attach_time = instance.launch_time
    for _, device in instance.get_block_device_mapping:
        device.attach_time = instance.launch_time
