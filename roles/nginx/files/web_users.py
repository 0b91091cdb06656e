#!/usr/bin/python3 -EsB
"""The users who may log in at NGINX, and the passwords that they read in their own folders. Runs as root.

    web_users.py check|apply < {"users": [{"name": …, "password_hash": …}]}
    web_users.py keep|drop     as the user: have a password in the own folder and print it, or remove it

Prints one JSON object: whether something was (for `check`: would be) changed. No password is an argument of a program, and
root touches nothing in a user's folder, who could have put a link there.
"""

import json
import os
import pwd
import secrets
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

USERS = Path("/etc/nginx/orchestrate/users")
LOGIN = Path("/etc/nginx/orchestrate/login.conf")
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


class UsersError(Exception):
    """Ends the script with a cause and a next step, one line each."""

    def __init__(self, cause: str, hint: str) -> None:
        super().__init__(f"{cause}\n  try: {hint}")


def main(argv: list[str]) -> int:
    """Do one of the four things."""
    if argv == ["keep"]:
        sys.stdout.write(keep(Path.home() / OWN))
        return 0
    if argv == ["drop"]:
        sys.stdout.write(drop(Path.home() / OWN))
        return 0
    wish = {user["name"]: user.get("password_hash") or "" for user in json.load(sys.stdin)["users"]}
    try:
        changed = differs(wish, hashes_in(USERS)) if argv == ["check"] else apply(wish, USERS)
        if argv == ["apply"] and not LOGIN.exists():
            write(LOGIN_TEXT.replace("TOKEN", secrets.token_hex(16)), LOGIN)
            changed = True
    except UsersError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(json.dumps({"changed": changed}))
    return 0


def hashes_in(file: Path) -> dict[str, str]:
    """Hashes by user, as NGINX reads them."""
    if not file.exists():
        return {}
    return dict(line.split(":", 1) for line in file.read_text().splitlines() if ":" in line)


def differs(wish: Mapping[str, str], there: Mapping[str, str]) -> bool:
    """Whether somebody comes or goes, or has another hash than the one wished for."""
    return wish.keys() != there.keys() or any(
        hashed not in {"", there[name]} for name, hashed in wish.items()
    )


def apply(wish: Mapping[str, str], file: Path) -> bool:
    """Make it so. Whether something was changed."""
    there = hashes_in(file)
    dropped = [as_user(name, "drop") for name in (*there, *wish) if wish.get(name, "gone")]
    hashes = {name: hashed or kept_hash(name, there.get(name, "")) for name, hashed in wish.items()}
    if hashes != there:
        write("".join(f"{name}:{hashed}\n" for name, hashed in hashes.items()), file)
    return any(dropped) or hashes != there


def kept_hash(name: str, old: str) -> str:
    """A hash of the password in the user's folder: the one from before if it still fits."""
    password = as_user(name, "keep")
    method, salt = [*old.split("$"), "", ""][1:3]
    if method == "6" and crypt(password, salt) == old:
        return old
    return crypt(password, secrets.token_hex(8))


def crypt(password: str, salt: str) -> str:
    """SHA-512 crypt. Python 3.13 has none of its own."""
    hashed = subprocess.run(
        ("openssl", "passwd", "-6", "-salt", salt, "-stdin"),
        input=password,
        capture_output=True,
        text=True,
        check=True,
    )
    return hashed.stdout.strip()


def as_user(name: str, verb: str) -> str:
    """What this program says when that user runs it; nothing for a user who is gone."""
    try:
        user = pwd.getpwnam(name)
    except KeyError:
        return ""
    done = subprocess.run(
        (sys.executable, "-EsB", __file__, verb),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env={"HOME": user.pw_dir, "PATH": os.defpath},
        user=user.pw_uid,
        group=user.pw_gid,
        extra_groups=[],
    )
    if done.returncode != 0:
        why = (done.stderr.strip() or "no cause is known").splitlines()[-1]
        raise UsersError(
            f"{name} cannot keep a password in {user.pw_dir}/{OWN}: {why}",
            f"give {name} a home that {name} may write to, or set password_hash for {name} in nginx_users",
        )
    return done.stdout


def keep(file: Path) -> str:
    """The password in the file, which is made if need be. Others cannot read it."""
    os.umask(0o077)
    with suppress(FileNotFoundError):
        if password := file.read_text().strip():
            if file.stat().st_mode & 0o077:
                file.chmod(0o600)
            return password
    file.parent.mkdir(parents=True, exist_ok=True)
    password = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    fresh = file.with_name(f".{file.name}.new")
    fresh.write_text(password + "\n")
    fresh.replace(file)
    return password


def drop(file: Path) -> str:
    """Remove the file, and its folder if that is empty; say so if it was there."""
    if not file.exists():
        return ""
    file.unlink()
    with suppress(OSError):
        file.parent.rmdir()
    return "dropped"


def write(text: str, file: Path) -> None:
    """Put it where NGINX reads it, and nobody else."""
    fresh = file.with_name(f".{file.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    shutil.chown(fresh, "root", "www-data")
    fresh.chmod(0o640)
    fresh.write_text(text)
    fresh.replace(file)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
