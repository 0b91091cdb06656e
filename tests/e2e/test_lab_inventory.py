"""The roles alone, without the orchestrator: `ansible-playbook -i inventories/lab playbooks/site.yml`."""

import json
import shutil

import pytest

from orchestrator.config import ROLES
from tests.e2e.playbook import ROOT, play
from tests.e2e.user import User, engine, module_runs

pytestmark = [pytest.mark.containers, pytest.mark.landing, pytest.mark.usefixtures("image_at_hand")]

MODULE_RUNS = 19
"""At most so many on a host with the default roles on which nothing changes: each takes it 0.2 s."""


def test_the_lab_inventory_sets_up_its_hosts_and_then_changes_nothing(user: User) -> None:
    up = user.run("up", "--until", "launch")
    assert up.code == 0, up.err
    lab = user.home / "lab"
    shutil.copytree(ROOT / "inventories" / "lab", lab)
    shutil.copyfile(user.run_folder / "inventory.yml", lab / "hosts.yml")

    planned = json.loads((user.run_folder / "plan.json").read_text(encoding="utf-8"))["roles"]
    # What the plan leaves out for the lack of a server or a card, a person leaves out by hand.
    without = ("--skip-tags", ",".join(set(ROLES) - set(planned)))
    first = play(lab, "site.yml", *without)
    assert first.code == 0, first.out
    assert first.changed > 0

    host = f"{user.fleet}-1"
    # On NFS with root_squash, root could not read what was sent there.
    assert (
        ".ansible" not in engine("exec", user.container(host), "ls", "--almost-all", "/home/admin").decode()
    )
    before = module_runs(user, host)
    again = play(lab, "site.yml", *without)
    assert (again.code, again.changed) == (0, 0), again.out
    assert 0 < module_runs(user, host) - before <= MODULE_RUNS
