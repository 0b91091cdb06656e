"""The users who may log in at NGINX: the passwords that they read in their own folders, and the hashes that NGINX reads. As root.

No password is an argument of a program, and none is in an answer. In a user's folder, who could have put a link there, root
acts as that user.
"""

from __future__ import annotations

import os
import pwd
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.orchestrate.gpu.plugins.module_utils.host_state import files
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import Answer, HostError
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.programs import succeed

OWN = Path(".config/orchestrate/web-password")
"""In a user's home."""

LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
"""None that look alike: 5 bits a letter."""
LENGTH = 20

LOGIN_TEXT = """\
# Role nginx. Whoever has this cookie has logged in before, and does not count as one who tries passwords. It opens nothing.
map $cookie_orchestrate $orchestrate_attempt {
    default $binary_remote_addr;
    TOKEN "";
}
# Only an answer that took a login gives it: a redirect is sent before.
map "$status:$remote_user" $orchestrate_cookie {
    default "";
    "~^(200|206|304):." "orchestrate=TOKEN; Path=/; Secure; HttpOnly; SameSite=Lax";
}
"""


@dataclass(frozen=True)
class Place:
    """Where NGINX reads what it knows of users, and as whom."""

    folder: Path
    owner: str = "root"
    group: str = "www-data"

    def file(self, name: str, content: str) -> files.Wish:
        """A file there that nobody else reads; absent without content."""
        state = "file" if content else "absent"
        return files.Wish(
            self.folder / name, state, content, mode=0o640, owner=self.owner, group=self.group, shown=False
        )


Account = Callable[[str], pwd.struct_passwd]


def bring_about(
    wanted: Mapping[str, str], place: Place, *, write: bool, account: Account = pwd.getpwnam
) -> Answer:
    """Have exactly these users log in, each with the given hash or, where that is empty, with a password in the own folder.

    Returns:
        What was done, and the users before and after; without `write`, what would be.

    Raises:
        HostError: an account is not there, or cannot keep a password.
    """
    before = hashes_in(place.folder / "users")
    accounts = {name: _found(account, name) for name in {**before, **wanted}}
    unknown = [name for name in wanted if not accounts[name]]
    if unknown and write:
        raise HostError(
            f"{', '.join(unknown)} shall log in at NGINX, and this host has no such account",
            "add who is missing under base_users, or take the name out of nginx_users",
        )
    done, hashes = [], {}
    for name, user in accounts.items():
        given = wanted.get(name, "gone")
        password, said = _own(user, keep=not given, write=write) if user else ("", "")
        done += [f"{said} of {name}"] if said else []
        if name in wanted:
            hashes[name] = given or (own_hash(password, before.get(name, "")) if password else "")
    kept = [place.file("users", "".join(f"{name}:{hashed}\n" for name, hashed in hashes.items()))]
    if not wanted:
        kept.append(place.file("login.conf", ""))
    elif not (place.folder / "login.conf").exists():
        kept.append(place.file("login.conf", LOGIN_TEXT.replace("TOKEN", secrets.token_hex(16))))
    done += [change.said for change in files.bring_about(kept, write=write)]
    return Answer(done, [{"before": _shown(before, before), "after": _shown(hashes, before)}])


def hashes_in(file: Path) -> dict[str, str]:
    """Hashes by user, as NGINX reads them."""
    if not file.exists():
        return {}
    lines = file.read_text(encoding="utf-8").splitlines()
    return {name: hashed for name, colon, hashed in (line.partition(":") for line in lines) if colon}


def own_hash(password: str, old: str) -> str:
    """A hash of the password: the one from before if it still fits."""
    method, salt = [*old.split("$"), "", ""][1:3]
    if method == "6" and crypt(password, salt) == old:
        return old
    return crypt(password, secrets.token_hex(8))


def crypt(password: str, salt: str) -> str:
    """SHA-512 crypt. Python 3.13 has none of its own."""
    argv = ("openssl", "passwd", "-6", "-salt", salt, "-stdin")
    return succeed(argv, "install the package openssl", password).strip()


def keep_password(file: Path, *, write: bool) -> tuple[str, str]:
    """The password in the file, which is made if need be, and what was done. Others cannot read it."""
    with suppress(FileNotFoundError):
        password, closed = file.read_text(encoding="utf-8").strip(), not file.stat().st_mode & 0o077
        if password and write and not closed:
            file.chmod(0o600)
        if password:
            return password, "" if closed else "closed the password"
    if not write:
        return "", "made the password"
    file.parent.mkdir(parents=True, exist_ok=True)
    password = "".join(secrets.choice(LETTERS) for _letter in range(LENGTH))
    fresh = file.with_name(f".{file.name}.new")
    fresh.write_text(password + "\n", encoding="utf-8")
    fresh.replace(file)
    return password, "made the password"


def drop_password(file: Path, *, write: bool) -> tuple[str, str]:
    """Remove the file, and its folder if that is empty; say so if it was there."""
    if not file.exists():
        return "", ""
    if write:
        file.unlink()
        with suppress(OSError):
            file.parent.rmdir()
    return "", "removed the password"


def _own(user: pwd.struct_passwd, *, keep: bool, write: bool) -> tuple[str, str]:
    file = Path(user.pw_dir) / OWN
    try:
        with _acting_as(user):
            return keep_password(file, write=write) if keep else drop_password(file, write=write)
    except OSError as error:
        name = user.pw_name
        raise HostError(
            f"{name} cannot keep a password in {file}: {error.strerror}",
            f"give {name} a home that {name} may write to, or set password_hash for {name} in nginx_users",
        ) from error


@contextmanager
def _acting_as(user: pwd.struct_passwd) -> Iterator[None]:
    """With that user's rights alone, where this is root. New files are closed to others."""
    mask, groups, root = os.umask(0o077), os.getgroups(), os.geteuid() == 0
    try:
        if root:
            os.setgroups([])
            os.setegid(user.pw_gid)
            os.seteuid(user.pw_uid)
        yield
    finally:
        if root:
            os.seteuid(0)
            os.setegid(0)
            os.setgroups(groups)
        os.umask(mask)


def _found(account: Account, name: str) -> pwd.struct_passwd | None:
    with suppress(KeyError):
        return account(name)
    return None


def _shown(hashes: Mapping[str, str], before: Mapping[str, str]) -> str:
    """Who logs in, without what with."""
    other = {name: " (another password)" for name in hashes if before.get(name, hashes[name]) != hashes[name]}
    return "".join(f"{name}{other.get(name, '')}\n" for name in hashes)
