"""Root file systems in the cache, and the bootstrap's command. `mmdebstrap` is a small script here."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from orchestrator.errors import DiskFullError, ProviderError, UsageError
from orchestrator.providers.sandbox.image.recipe import owner_of, recipe_for
from orchestrator.providers.sandbox.image.rootfs import (
    RootfsCache,
    bootstrap,
    bootstrap_argv,
    check_space,
    debian_sources,
)

RECIPE = recipe_for("debian-12", user="admin")


def kept(cache: RootfsCache, content: Iterable[bytes] = (b"tar",)) -> Path:
    with cache.writing(RECIPE) as part, part.open("wb") as stream:
        stream.writelines(content)
        stream.flush()
    return cache.tar(RECIPE)


def broken_off() -> Iterator[bytes]:
    yield b"half"
    raise KeyboardInterrupt


def test_a_whole_tar_is_found_again(tmp_path: Path) -> None:
    cache = RootfsCache(tmp_path)
    assert cache.find(RECIPE) is None
    assert kept(cache) == cache.find(RECIPE)


def test_a_truncated_tar_or_one_without_a_digest_is_never_used(tmp_path: Path) -> None:
    cache = RootfsCache(tmp_path)
    kept(cache).write_bytes(b"ta")
    assert cache.find(RECIPE) is None
    kept(cache).with_suffix(".tar.sha256").unlink()
    assert cache.find(RECIPE) is None


def test_an_interrupted_write_leaves_the_old_tar_and_nothing_else(tmp_path: Path) -> None:
    cache = RootfsCache(tmp_path)
    kept(cache)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(KeyboardInterrupt):
        kept(cache, broken_off())
    assert sorted(tmp_path.iterdir()) == before
    assert cache.find(RECIPE) is not None


def test_the_part_of_a_killed_process_is_written_over(tmp_path: Path) -> None:
    cache = RootfsCache(tmp_path)
    with cache.writing(RECIPE) as part:
        assert not part.exists()
        part.write_bytes(b"x")
    part.write_bytes(b"left by a killed process")
    assert kept(cache).read_bytes() == b"tar"


def test_too_little_space_is_said_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(DiskFullError, match=r"has \d+ MiB free, an image needs 1000000000 MiB"):
        check_space(tmp_path, needed_mib=10**9)


def test_the_name_changes_with_everything_that_goes_in() -> None:
    others = (
        recipe_for("debian-13", user="admin"),
        recipe_for("debian-12", user="ada"),
        recipe_for("debian-12", user="admin", base="registry.example/debian:12"),
    )
    assert len({recipe.name for recipe in (RECIPE, *others)}) == 4
    assert RECIPE.name.startswith("orchestrate-sandbox:debian-12-")
    assert owner_of(RECIPE.name) == ""
    theirs = recipe_for("debian-12", user="admin", owner="0123456789ab")
    assert theirs.name.startswith("orchestrate-sandbox:0123456789ab-debian-12-")
    assert owner_of(theirs.name) == "0123456789ab"
    assert theirs.file_name == RECIPE.file_name, "the tar is everybody's"


def test_a_distribution_that_cannot_be_made_names_those_that_can() -> None:
    with pytest.raises(UsageError) as caught:
        recipe_for("debian-11", user="admin")
    assert caught.value.hint.startswith("--distribution debian-12 or debian-13; or ")


def test_the_bootstrap_uses_a_user_namespace_where_it_is_not_root() -> None:
    root = bootstrap_argv(RECIPE, Path("out.tar"), as_root=True)
    user = bootstrap_argv(RECIPE, Path("out.tar"), as_root=False)
    assert "--mode=root" in root
    assert "--mode=unshare" in user
    assert root[-2:] == user[-2:] == ("bookworm", "out.tar")


def test_this_computers_mirrors_serve_the_wanted_release() -> None:
    uris = (("http://mirror.example/debian", "main"), ("http://mirror.example/security", "security"))
    assert debian_sources(recipe_for("debian-13", user="admin"), uris).splitlines() == [
        "deb http://mirror.example/debian trixie main",
        "deb http://mirror.example/debian trixie-updates main",
        "deb http://mirror.example/security trixie-security main",
    ]
    assert debian_sources(RECIPE, ()) == ""


def test_a_missing_bootstrap_program_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ProviderError, match=r"mmdebstrap.* is not installed") as caught:
        bootstrap(RECIPE, tmp_path / "out.tar")
    assert caught.value.hint == "orchestrate doctor --fix"


@pytest.mark.parametrize(
    ("complaint", "kind", "cause"),
    [
        (
            "W: slow\nE: Unable to fetch bookworm\nE: mmdebstrap failed",
            ProviderError,
            "E: Unable to fetch bookworm",
        ),
        ("tar: x: Cannot write: No space left on device", DiskFullError, "no space left to make debian-12"),
        ("", ProviderError, "failed without a word"),
    ],
)
def test_a_failed_bootstrap_says_the_first_cause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, complaint: str, kind: type[ProviderError], cause: str
) -> None:
    program(tmp_path, monkeypatch, f"cat >&2 <<'END'\n{complaint}\nEND\nexit 25")
    with pytest.raises(kind, match=cause) as caught:
        bootstrap(RECIPE, tmp_path / "out.tar")
    assert caught.value.hint


def test_an_interrupted_bootstrap_lets_the_program_tidy_up_and_leaves_none_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = tmp_path / "half-made-tree"
    tidy = f"trap 'rm {tree}; exit 130' INT; touch {tree}"
    program(tmp_path, monkeypatch, f"{tidy}; kill -INT {os.getpid()}; while :; do sleep 0.05; done")
    with pytest.raises(KeyboardInterrupt):
        bootstrap(RECIPE, tmp_path / "out.tar")
    assert not tree.exists()


def program(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    (folder / "mmdebstrap").write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    (folder / "mmdebstrap").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
