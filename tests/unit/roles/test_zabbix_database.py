"""The database of a Zabbix server: what PostgreSQL is told. `runuser` and `php` are small programs of the test."""

import gzip
import os
from pathlib import Path

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import HostError
from ansible_collections.orchestrate.gpu.plugins.module_utils.zabbix.database import (
    MARK,
    Place,
    absent,
    present,
)

SECRET = "made-on-the-host"


class Host:
    """A host whose PostgreSQL answers what the test says."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        programs, self._answers, self._told = folder / "programs", folder / "answers", folder / "told"
        programs.mkdir()
        self._answers.mkdir()
        asks = f"""#!/bin/sh
echo "$@" >>{self._told}
text=$(cat)
echo "$text" >>{self._told}
case "$text" in
*pg_authid*) cat {self._answers}/marks ;;
*pg_tables*) cat {self._answers}/tables ;;
*datistemplate*) cat {self._answers}/databases ;;
esac
"""
        hashes = "#!/bin/sh\ncat >/dev/null\nprintf %s '$2y$10$hash'\n"
        for name, body in (("runuser", asks), ("php", hashes)):
            (programs / name).write_text(body)
            (programs / name).chmod(0o755)
        monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
        fill = folder / "fill"
        fill.mkdir()
        for name in ("schema", "images", "data"):
            with gzip.open(fill / f"{name}.sql.gz", "wt") as text:
                text.write(f"BEGIN;\n-- {name}\nCOMMIT;\n")
        (folder / "password").write_text(f"{SECRET}\n")
        self.place = Place("zabbix", folder / "password", fill)
        self.has()

    def has(self, marks: str = "", tables: str = "0", databases: str = "postgres") -> None:
        for name, text in (("marks", marks), ("tables", tables), ("databases", databases)):
            (self._answers / name).write_text(f"{text}\n")

    @property
    def told(self) -> str:
        return self._told.read_text() if self._told.exists() else ""


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    return Host(tmp_path, monkeypatch)


def test_account_database_and_filling_come_in_order_and_the_password_is_in_the_same_transaction(
    host: Host,
) -> None:
    done = present(host.place, write=True).done
    assert done == [
        "made the account zabbix of PostgreSQL",
        "made the database zabbix",
        "filled the database zabbix",
    ]
    filled = host.told.rpartition("BEGIN;")[2]
    for part in (
        "-- schema",
        "-- images",
        "-- data",
        "$2y$10$hash",
        "UPDATE users",
        "COMMENT ON DATABASE",
        "ANALYZE;",
    ):
        assert part in filled
    assert filled.strip().endswith("COMMIT;")
    assert filled.count("COMMIT;") == 1
    assert SECRET not in host.told


def test_one_that_was_made_here_is_left_alone(host: Host) -> None:
    host.has(f"account|{MARK}\ndatabase|{MARK}\nowner|zabbix")
    assert present(host.place, write=True).done == []


def test_one_that_a_killed_run_left_empty_is_filled(host: Host) -> None:
    host.has(f"account|{MARK}\ndatabase|\nowner|zabbix")
    assert present(host.place, write=True).done == ["filled the database zabbix"]


@pytest.mark.parametrize(("owner", "tables"), [("somebody", "0"), ("zabbix", "170")])
def test_one_of_somebody_else_is_refused(host: Host, owner: str, tables: str) -> None:
    host.has(f"account|\ndatabase|\nowner|{owner}", tables)
    with pytest.raises(HostError, match="set zabbix_server_database to another name"):
        present(host.place, write=True)
    assert "UPDATE users" not in host.told


def test_check_mode_makes_nothing(host: Host) -> None:
    assert len(present(host.place, write=False).done) == 3
    assert "CREATE" not in host.told


def test_only_what_was_made_here_is_removed(host: Host) -> None:
    host.has("account|\ndatabase|\nowner|somebody", databases="postgres\nzabbix")
    answer = absent(host.place, keep=False, write=True)
    assert (answer.done, answer.more) == ([], {"others": True})
    host.has(f"account|{MARK}\ndatabase|{MARK}\nowner|zabbix", databases="postgres\nzabbix")
    answer = absent(host.place, keep=False, write=True)
    assert answer.done == ["removed the database zabbix", "removed the account zabbix of PostgreSQL"]
    assert answer.more == {"others": False}


def test_what_shall_be_kept_is_kept_and_counts(host: Host) -> None:
    host.has(f"account|{MARK}\ndatabase|{MARK}\nowner|zabbix", databases="postgres\nzabbix")
    answer = absent(host.place, keep=True, write=True)
    assert (answer.done, answer.more) == ([], {"others": True})
