"""The database of a cluster's accounting in the host's MariaDB: made and removed. As root, whom MariaDB knows by the kernel's word, as it
knows Slurm's account: no password of the database is anywhere.
"""

from __future__ import annotations

from ansible_collections.orchestrate.gpu.plugins.module_utils.running import Answer, HostError
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.programs import run, succeed

ACCOUNT = "slurm"
DATABASE = "slurm_acct_db"
"""slurmdbd's own name for it."""
MARK = "made by role slurm of orchestrate"
OWN = frozenset({"information_schema", "mysql", "performance_schema", "sys"})

LOOK = """\
SELECT CONCAT('database ', SCHEMA_COMMENT) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = 'slurm_acct_db';
SELECT CONCAT('account ', plugin) FROM mysql.user WHERE User = 'slurm' AND Host = 'localhost';
"""
LIST = "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA;"
MAKE = f"CREATE DATABASE slurm_acct_db COMMENT = '{MARK}';"
LET_IN = """\
CREATE USER IF NOT EXISTS slurm@localhost IDENTIFIED VIA unix_socket;
GRANT ALL ON slurm_acct_db.* TO slurm@localhost;
"""
REMOVE = "DROP DATABASE IF EXISTS slurm_acct_db; DROP USER IF EXISTS slurm@localhost;"


def present(*, write: bool) -> Answer:
    """Have database and account.

    Raises:
        HostError: MariaDB does not answer, or has a database of that name that somebody else made.
    """
    answer = Answer(write=write)
    if not write and not _answers():
        answer.do(f"made the database {DATABASE}", str)
        return answer
    seen = _sql(LOOK).splitlines()
    if not any(line.startswith("database ") for line in seen):
        answer.do(f"made the database {DATABASE}", _sql, MAKE)
    elif f"database {MARK}" not in seen:
        raise HostError(
            f"MariaDB has a database {DATABASE} that this role did not make",
            "give the role another controller, or rename that database",
        )
    if not any(line.startswith("account ") for line in seen):
        answer.do(f"let the account {ACCOUNT} in by its socket", _sql, LET_IN)
    return answer


def absent(*, keep: bool, write: bool) -> Answer:
    """Remove both as far as they were made here, unless they are kept. `others` in the answer says whether MariaDB has databases besides."""
    answer = Answer(write=write)
    if not _answers():
        answer.more["others"] = False
        return answer
    ours = f"database {MARK}" in _sql(LOOK).splitlines()
    if ours and not keep:
        answer.do(f"removed the database {DATABASE}", _sql, REMOVE)
    others = set(_sql(LIST).split()) - OWN - ({DATABASE} if ours and not keep else set())
    answer.more["others"] = bool(others)
    return answer


def _answers() -> bool:
    return run(("mariadb", "--batch", "--skip-column-names"), "SELECT 1;").returncode == 0


def _sql(statements: str) -> str:
    """What it printed, a row a line."""
    return succeed(
        ("mariadb", "--batch", "--skip-column-names"), "journalctl -u mariadb, on the host", statements
    )
