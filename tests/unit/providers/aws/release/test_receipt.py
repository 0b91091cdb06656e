"""What became of a host, in a line."""

from orchestrator.providers.aws import tags
from orchestrator.providers.aws.release.receipt import host_line
from orchestrator.providers.aws.release.resource_types import INSTANCE, TaggedResource


def instance(state: str) -> TaggedResource:
    return TaggedResource(kind=INSTANCE, id="i-1", state=state, marks={tags.HOST: "train-1"}, launch_index=2)


def test_a_host_that_was_terminated_is_gone_by_ec2s_word() -> None:
    line = host_line(instance("running"), instance("terminated"))
    assert (line.resource.name, line.gone) == ("train-3", True)
    assert line.proof == "ec2 DescribeInstances i-1: terminated"


def test_a_host_that_ec2_does_not_know_any_more_is_gone() -> None:
    line = host_line(instance("running"), None)
    assert (line.gone, line.proof) == (True, "ec2 DescribeInstances i-1: not found")


def test_a_host_that_stays_says_why() -> None:
    line = host_line(instance("running"), instance("running"), "AWS refused it")
    assert (line.gone, line.proof) == (False, "ec2 DescribeInstances i-1: running: AWS refused it")
