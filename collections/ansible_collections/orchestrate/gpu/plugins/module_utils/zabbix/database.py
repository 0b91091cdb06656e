"""The database of a Zabbix server in the host's PostgreSQL: made, filled and removed. As root, who acts as the accounts that PostgreSQL
knows by the kernel's word: no password of the database is anywhere.

What was made here carries a mark in the database itself; what has none is somebody else's, and never touched.
"""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.orchestrate.gpu.plugins.module_utils.running import Answer, HostError
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.programs import succeed

SUPERUSER = "postgres"
ACCOUNT = "zabbix"
"""Of the host and of PostgreSQL: who has the same name in both is let in at the socket."""
MARK = "made by role zabbix_server of orchestrate"
FILLS = ("schema", "images", "data")
HASH = "echo password_hash(trim(stream_get_contents(STDIN)), PASSWORD_BCRYPT);"
"""As the frontend hashes it. The password comes on standard input."""

LOOK = """\
SELECT 'account', shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname = :'account';
SELECT 'database', shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = :'database';
SELECT 'owner', pg_get_userbyid(datdba) FROM pg_database WHERE datname = :'database';
"""
COUNT = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public';"
LIST = "SELECT datname FROM pg_database WHERE NOT datistemplate;"
MAKE_ACCOUNT = "BEGIN; CREATE ROLE :account LOGIN; COMMENT ON ROLE :account IS :'mark'; COMMIT;"
MAKE_DATABASE = "CREATE DATABASE :\"database\" OWNER :account ENCODING 'UTF8' TEMPLATE template0;"
MARK_DATABASE = "COMMENT ON DATABASE :\"database\" IS :'mark';"
SET_HASH = "UPDATE users SET passwd = :'hashed' WHERE username = 'Admin';"
ANALYZE = "ANALYZE;"
"""Without statistics PostgreSQL plans queries of the frontend so that they take minutes, until it gathers some by itself."""
DROP_DATABASE = 'DROP DATABASE :"name" WITH (FORCE);'
DROP_ACCOUNT = "DROP ROLE :name;"


@dataclass(frozen=True)
class Place:
    """Where the database is, and what it is filled with."""

    database: str
    password_file: Path
    """With the password of Zabbix's user Admin."""
    fill: Path = Path("/usr/share/zabbix-server-pgsql")


def present(place: Place, *, write: bool) -> Answer:
    """Have the account and the database, filled, with Admin's password in it: the well-known one is never in force.

    Raises:
        HostError: PostgreSQL does not answer, or has a database of that name which was not made here.
    """
    answer = Answer(write=write)
    if not write and not place.fill.is_dir():
        answer.do(f"made and filled the database {place.database}", str)
        return answer
    marks = _marks(place.database)
    if "account" not in marks:
        answer.do(f"made the account {ACCOUNT} of PostgreSQL", _make_account)
    if "database" not in marks:
        # One that was made a moment before a run was killed has no tables yet.
        answer.do(f"made the database {place.database}", _make_database, place.database)
    elif marks["database"] != MARK and (marks["owner"] != ACCOUNT or _tables(place.database)):
        raise HostError(
            f"PostgreSQL has a database {place.database} that this role did not make",
            "set zabbix_server_database to another name",
        )
    if marks.get("database") != MARK:
        answer.do(f"filled the database {place.database}", _fill, place)
    return answer


def absent(place: Place, *, keep: bool, write: bool) -> Answer:
    """Remove the database and the account as far as they were made here; with `keep`, neither. `others` in the answer says whether
    PostgreSQL has databases besides."""
    answer = Answer(write=write)
    if not _answers():
        return Answer(more={"others": False})
    marks = _marks(place.database)
    ours = marks.get("database") == MARK
    if ours and not keep:
        answer.do(f"removed the database {place.database}", _drop, DROP_DATABASE, place.database)
    if marks.get("account") == MARK and not keep:
        answer.do(f"removed the account {ACCOUNT} of PostgreSQL", _drop, DROP_ACCOUNT, ACCOUNT)
    names = set(_sql(SUPERUSER, SUPERUSER, LIST).split()) - {SUPERUSER}
    answer.more["others"] = bool(names - ({place.database} if ours and not keep else set()))
    return answer


def _marks(database: str) -> dict[str, str]:
    """What PostgreSQL says of the account and the database: their marks, and who owns the database. What is not there is not named."""
    said = _sql(SUPERUSER, SUPERUSER, LOOK, {"account": ACCOUNT, "database": database})
    return dict(line.split("|", 1) for line in said.splitlines() if "|" in line)


def _tables(database: str) -> bool:
    return _sql(SUPERUSER, database, COUNT).strip() != "0"


def _make_account() -> None:
    _sql(SUPERUSER, SUPERUSER, MAKE_ACCOUNT, {"account": ACCOUNT, "mark": MARK})


def _make_database(name: str) -> None:
    _sql(SUPERUSER, SUPERUSER, MAKE_DATABASE, {"account": ACCOUNT, "database": name})


def _drop(statement: str, name: str) -> None:
    _sql(SUPERUSER, SUPERUSER, statement, {"name": name})


def _fill(place: Place) -> None:
    """In one transaction: killed in the middle, the database is empty."""
    password = place.password_file.read_text(encoding="utf-8").strip()
    hashed = succeed(("php", "-r", HASH), "install the package php-cli", password)
    parts = ["BEGIN;", *(_unpacked(place.fill / f"{name}.sql.gz") for name in FILLS)]
    # Not among the variables, which are arguments of a program.
    parts += [f"\\set hashed '{hashed}'", SET_HASH, MARK_DATABASE, ANALYZE, "COMMIT;"]
    _sql(ACCOUNT, place.database, "\n".join(parts), {"database": place.database, "mark": MARK})


def _unpacked(file: Path) -> str:
    with gzip.open(file, "rt", encoding="utf-8") as text:
        lines: Sequence[str] = text.readlines()
    # The whole is one transaction.
    return "".join(line for line in lines if line.strip() not in {"BEGIN;", "COMMIT;", "START TRANSACTION;"})


def _answers() -> bool:
    try:
        _sql(SUPERUSER, SUPERUSER, "SELECT 1")
    except HostError:
        return False
    return True


def _sql(account: str, database: str, statements: str, variables: Mapping[str, str] | None = None) -> str:
    """What psql printed, a row a line. The statements are its standard input, so no other user sees them; psql quotes the variables."""
    given = [word for name, value in (variables or {}).items() for word in ("-v", f"{name}={value}")]
    # From a folder that every account may read.
    argv = ("runuser", "-u", account, "--", "env", "-C", "/", "psql", "-qAtX", "-v", "ON_ERROR_STOP=1")
    return succeed((*argv, *given, "-d", database), "journalctl -u postgresql, on the host", statements)
