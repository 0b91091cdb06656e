"""Whatever stands in the files of a host's services: a port and a path that can be opened, or an error of ours."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.errors import ExitCode, GarbledAnswerError, OrchestrateError, UsageError
from orchestrator.services import Tool, desktop_of, login_of, password_of, text_of, web_of
from tests.unit.any_answer.anything import ANY_TEXT, assert_an_error_of_ours, spoilt
from tests.unit.builders import ScriptedShell, completed

WEB = {"names": ["gpu.example.org"], "tunnel_port": 8480, "tls": True}
PAGES = [
    {"title": "Desktop", "path": "/desktop/", "units": ["a.service"]},
    {"title": "JupyterLab", "path": "/notebooks/"},
]
DESKTOPS = {"users": {"ada": {"port": 5901}, "grace": {"port": 5902}}}


@settings(max_examples=120)
@given(spoilt(WEB), spoilt(PAGES), st.sampled_from(Tool))
def test_any_web_server_is_found_or_refused(web: str, pages: str, tool: Tool) -> None:
    files = {"cat": completed(web), "find": completed(pages)}
    try:
        found = web_of(ScriptedShell(lambda argv: files[argv[0]]), "lab-1", tool, up="orchestrate up")
    except GarbledAnswerError as error:
        assert_an_error_of_ours(error, "lab-1: /etc/orchestrate/")
        return
    except UsageError as error:
        assert_an_error_of_ours(error, code=ExitCode.USAGE)
        return
    assert 0 < found.tunnel_port < 65536
    assert all("\n" not in name and "/" not in name for name in found.names)


@settings(max_examples=120)
@given(spoilt(DESKTOPS), st.sampled_from([None, "ada", "nobody"]), st.sampled_from(["ada", "root"]))
def test_any_desktop_is_found_or_refused(said: str, user: str | None, login: str) -> None:
    shell = ScriptedShell(lambda _argv: completed(said))
    try:
        found = desktop_of(shell, "lab-1", user=user, login=login, up="orchestrate up")
    except GarbledAnswerError as error:
        assert_an_error_of_ours(error, "lab-1: /etc/orchestrate/")
        return
    except UsageError as error:
        assert_an_error_of_ours(error, code=ExitCode.USAGE)
        return
    assert 0 < found.port < 65536


@given(ANY_TEXT, ANY_TEXT, st.sampled_from([0, 1]))
def test_any_password_is_one_line_or_an_error(stdout: str, stderr: str, exit_code: int) -> None:
    shell = ScriptedShell(lambda _argv: completed(stdout, stderr=stderr, exit_code=exit_code))
    password = password_of("vnc", user="ada", login=login_of(shell))
    try:
        text = text_of(password, shell, "lab-1")
    except OrchestrateError as error:
        assert_an_error_of_ours(error, code=ExitCode.PROVIDER)
        return
    assert len(text.splitlines()) == 1


def test_a_page_whose_path_is_no_text_hides_no_other() -> None:
    pages = json.dumps([{"title": "odd", "path": ["/desktop/"]}, {"title": "Desktop", "path": "/desktop/"}])
    files = {"cat": completed(json.dumps(WEB)), "find": completed(pages)}
    found = web_of(ScriptedShell(lambda argv: files[argv[0]]), "lab-1", Tool.DESKTOP, up="orchestrate up")
    assert found.tunnel_port == 8480
