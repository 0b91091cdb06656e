"""Where the pages of a host are, and which tools it has."""

import json

import pytest

from orchestrator.errors import GarbledAnswerError, UsageError
from orchestrator.services import Tool, web_of
from tests.unit.builders import ScriptedShell, completed

UP = "orchestrate up --name lab"
WEB = {"names": ["gpu.example.org"], "tunnel_port": 8480, "tls": True}
PAGES = """[{"title": "Desktop", "path": "/desktop/"}]
[{"title": "JupyterLab", "path": "/notebooks/"}, {"title": "TensorBoard", "path": "/tensorboard/"}]
[{"title": "Prometheus", "path": "/prometheus/alerts"}]
[{"title": "Zabbix", "path": "/zabbix/"}]
"""


def serving(web: object, pages: str = PAGES) -> ScriptedShell:
    """A host with these files; no web server where `web` is None."""
    files = {"cat": completed(json.dumps(web)) if web else completed(exit_code=1), "find": completed(pages)}
    return ScriptedShell(lambda argv: files[argv[0]])


@pytest.mark.parametrize("tool", Tool)
def test_every_tool_of_a_host_is_found(tool: Tool) -> None:
    found = web_of(serving(WEB), "lab-1", tool, up=UP)
    assert (found.names, found.tunnel_port) == (("gpu.example.org",), 8480)


def test_names_without_a_certificate_do_not_count() -> None:
    assert web_of(serving(WEB | {"tls": False}), "lab-1", Tool.PAGE, up=UP).names == ()


@pytest.mark.parametrize(
    ("tool", "name", "service"),
    [
        (Tool.DESKTOP, "the desktop", "desktop"),
        (Tool.NOTEBOOK, "JupyterLab", "notebooks"),
        (Tool.TENSORBOARD, "TensorBoard", "notebooks"),
        (Tool.PROMETHEUS, "Prometheus", "prometheus"),
        (Tool.ZABBIX, "Zabbix", "zabbix_server"),
    ],
)
def test_a_tool_that_is_not_installed_says_what_brings_it(tool: Tool, name: str, service: str) -> None:
    with pytest.raises(UsageError, match=f"{name} is not installed on lab-1") as refused:
        web_of(serving(WEB, pages=""), "lab-1", tool, up=UP)
    assert refused.value.hint == f"{UP} --with {service}"


def test_a_host_without_a_web_server_says_what_brings_one() -> None:
    with pytest.raises(UsageError, match="the page is not installed on lab-1") as refused:
        web_of(serving(None), "lab-1", Tool.PAGE, up=UP)
    assert refused.value.hint == "orchestrate up --name lab --with page"


@pytest.mark.parametrize("web", [{"names": []}, {"names": "x", "tunnel_port": 8480}, [1]])
def test_a_file_that_no_role_wrote_is_named(web: object) -> None:
    with pytest.raises(GarbledAnswerError, match=r"lab-1: /etc/orchestrate/web\.json cannot be read"):
        web_of(serving(web), "lab-1", Tool.PAGE, up=UP)


def test_page_entries_that_no_role_wrote_are_named() -> None:
    with pytest.raises(GarbledAnswerError, match=r"/etc/orchestrate/page\.d cannot be read"):
        web_of(serving(WEB, pages="[1] oops"), "lab-1", Tool.DESKTOP, up=UP)
