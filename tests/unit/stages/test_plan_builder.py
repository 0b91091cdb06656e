"""Conda or venv: what the fleet file says, else what was decided before, else whether conda's servers answer."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from orchestrator.config import FleetSpec
from orchestrator.models import Builder, BuilderChoice, Hardware
from orchestrator.stages.plan.builder import choose_builder, servers
from tests.unit.stages.proofs import plan

HOSTS = (Hardware(gpus=(), distribution="debian-12", architecture="x86_64"),)
DECIDED = BuilderChoice(builder=Builder.CONDA, reason="its servers answer")


class Mirror(BaseHTTPRequestHandler):
    """Has the installer and the channel `there`."""

    def do_HEAD(self) -> None:
        self.send_response(404 if "/lost/" in self.path else 200)
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        """Silent."""


@pytest.fixture
def mirror() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Mirror) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def mirrored(mirror: str, *channels: str) -> dict[str, object]:
    return {
        "conda_installer_url": f"{mirror}/installer.sh",
        "conda_channel_alias": mirror,
        "conda_channels": list(channels),
    }


def test_conda_is_taken_where_its_servers_answer(mirror: str) -> None:
    chosen = choose_builder(FleetSpec(), None, mirrored(mirror, "there"), HOSTS)
    assert chosen == DECIDED


def test_venv_is_taken_where_a_channel_is_out_of_reach_and_the_reason_names_it(mirror: str) -> None:
    chosen = choose_builder(FleetSpec(), None, mirrored(mirror, "there", "lost"), HOSTS)
    assert chosen.builder is Builder.VENV
    assert chosen.reason == f"{mirror.removeprefix('http://')} is out of reach (answered 404 Not Found)"


def test_what_was_decided_stands_though_the_servers_are_away(mirror: str) -> None:
    earlier = plan(builder=DECIDED)
    assert choose_builder(FleetSpec(), earlier, mirrored(mirror, "lost"), HOSTS) is DECIDED


@pytest.mark.parametrize("wish", ["conda", "venv"])
def test_the_fleet_file_wins_over_what_was_decided(wish: str) -> None:
    spec = FleetSpec.model_validate({"stack": {"builder": wish}})
    assert choose_builder(spec, plan(builder=DECIDED), {}, HOSTS).builder == wish


def test_without_its_role_conda_makes_nothing() -> None:
    chosen = choose_builder(FleetSpec(roles=("ml_env",)), None, {}, HOSTS)
    assert chosen.builder is Builder.VENV


def test_where_no_tensorflow_is_built_for_a_hosts_python_conda_brings_another(mirror: str) -> None:
    hosts = (*HOSTS, replace(HOSTS[0], distribution="ubuntu-26.04"))
    chosen = choose_builder(FleetSpec(), None, mirrored(mirror, "lost"), hosts)
    assert chosen.builder is Builder.CONDA
    assert chosen.reason == "Ubuntu 26.04 has Python 3.14, which no TensorFlow has a build for"
    assert choose_builder(FleetSpec(roles=("ml_env",)), None, {}, hosts).builder is Builder.VENV


def test_without_mirrors_the_roles_own_servers_are_asked() -> None:
    installer, channel = servers({}, "aarch64")
    assert installer.startswith("https://github.com/conda-forge/miniforge/")
    assert installer.endswith("-Linux-aarch64.sh")
    assert channel == "https://conda.anaconda.org/conda-forge/noarch/repodata.json"


def test_a_channel_may_be_an_address_of_its_own() -> None:
    given: dict[str, object] = {"conda_channels": ["https://mirror.example/team/"]}
    assert servers(given, "x86_64")[1:] == ("https://mirror.example/team/noarch/repodata.json",)
