"""Packages of Jupyter's environment, which is not here, as far as `gpuhost notebooks` calls them."""

from pathlib import Path

APPLICATION = """\
import json, os
class {name}:
    serverapp_class = None
    def add_socket(self, listener):
        self.listener = listener
    @classmethod
    def launch_instance(cls, argv):
        server = cls.serverapp_class()
        server.http_server = cls()
        bound = server._bind_http_server_unix()
        listener = server.http_server.listener
        passed = [name for name in os.environ if name.startswith("LISTEN_")]
        said = [cls.__name__, argv, bound, listener.getblocking(), listener.get_inheritable(), passed]
        listener.accept()[0].sendall(json.dumps(said).encode())
"""
PROGRAM = """\
from types import SimpleNamespace
class TensorBoardServer:
    pass
class TensorBoard:
    def __init__(self, plugins, server_class):
        self.server_class = server_class
    def configure(self, argv):
        self.argv = argv
    def main(self):
        server = self.server_class(self.answer, SimpleNamespace(path_prefix="/tensorboard/ada"))
        self.url = server.get_url()
        server.serve_forever()
    def answer(self, environment, start):
        start("200 OK", [])
        return [f"{self.url} {self.argv}".encode()]
"""
PROXY = """\
class Proxy:
    def validate_routespec(self, routespec):
        return routespec.rstrip("/") + "/"
"""
FILES = {
    "jupyter_server/serverapp.py": "class ServerApp:\n    pass\n",
    "jupyterlab/labapp.py": APPLICATION.format(name="LabApp"),
    "jupyterhub/singleuser/extension.py": APPLICATION.format(name="JupyterHubSingleUser"),
    "jupyterhub/proxy.py": PROXY,
    "jupyterhub/spawner.py": "class Spawner:\n    pass\n",
    "tensorboard/program.py": PROGRAM,
    "tensorboard/default.py": "def get_plugins():\n    return []\n",
}


def write_packages(folder: Path) -> None:
    """Have them in the folder."""
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
