"""The addresses of an instance: here everything is one network. Changes moto's records of interfaces alone."""

from moto.ec2.models.instances import Instance


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
        if nic.public_ip_auto_assign and instance.state in {"pending", "running"}:
            nic.public_ip = nic.private_ip_address
