"""The image that hosts of one distribution are made from: found in the engine, or made and imported into it.

Made once per computer: the root file system stays in the user's cache, and importing it takes two seconds.
"""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from orchestrator.errors import DiskFullError, EngineMissingError, ProviderError
from orchestrator.providers.base import Intend, Say
from orchestrator.providers.sandbox.container_spec import FLEET, OWNER, File, copy_argv, tar_stream
from orchestrator.providers.sandbox.engine import Engine, free_mib
from orchestrator.providers.sandbox.fleet.release import remove
from orchestrator.providers.sandbox.image.recipe import SETUP, Recipe
from orchestrator.providers.sandbox.image.rootfs import NEEDED_MIB, RootfsCache, bootstrap, check_space

_PULL_TIMEOUT_S = 180.0
_SETUP_TIMEOUT_S = 600.0
_COPY_TIMEOUT_S = 300.0
"""For moving 260 MiB in or out of the engine, on a slow disk too."""

_IMPORT_MIB = 512
"""The image itself, and room for the hosts' first files."""

_LOCK_TIMEOUT_S = 1200.0
_SETUP_IN_CONTAINER = "root/setup.sh"
_PROXY_VARIABLES = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
"""Handed to the container that installs packages; what is exported from it holds no environment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageMaker:
    """Makes images for one fleet of one owner, whom the recipe names."""

    engine: Engine
    cache: RootfsCache
    fleet: str
    say: Say
    intend: Intend

    def ensure(self, recipe: Recipe) -> str:
        """Make the recipe's image exist in the engine and return its name. Two processes at once make it once.

        Raises:
            ProviderError: no way to it worked; the cause is that of the last one tried.
            DiskFullError: there is no room for it.
        """
        if self.engine.exists("image", recipe.name):
            return recipe.name
        self.cache.folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.cache.lock_path(recipe))
        try:
            lock.acquire(timeout=0)
        except Timeout:
            self.say(f"waiting for another process that makes the {recipe.distribution} image")
            _acquire(lock, recipe)
        try:
            if not self.engine.exists("image", recipe.name):
                self._import(self.cache.find(recipe) or self._make(recipe), recipe)
        finally:
            lock.release()
        return recipe.name

    def _import(self, tar: Path, recipe: Recipe) -> None:
        free = free_mib(self.engine.facts)
        if free is not None and free < _IMPORT_MIB:
            cause = f"{self.engine.facts.storage} has {free} MiB free, an image needs {_IMPORT_MIB} MiB"
            raise DiskFullError(
                cause, f"free some space: `{self.engine.facts.program} system df` shows what takes it"
            )
        self.say(f"importing the {recipe.distribution} image")
        self.intend("image", recipe.name)
        self.engine.call("import", str(tar), recipe.name, timeout_s=_COPY_TIMEOUT_S)

    def _make(self, recipe: Recipe) -> Path:
        """Write the root file system into the cache: from a registry's image, or else from packages."""
        check_space(self.cache.folder, needed_mib=NEEDED_MIB)
        with self.cache.writing(recipe) as part:
            try:
                self._from_registry(recipe, part)
            except (DiskFullError, EngineMissingError):
                raise
            except ProviderError as error:
                self.say(f"bootstrapping {recipe.distribution} from packages ({error.cause})")
                bootstrap(recipe, part)
        return self.cache.tar(recipe)

    def _from_registry(self, recipe: Recipe, part: Path) -> None:
        """Set up the base image. What is made on the way bears our names, so that a kill leaves nothing unknown."""
        base, builder = f"{recipe.name}-base", recipe.name.replace(":", "-build-")
        at_hand = self.engine.exists("image", recipe.base)
        try:
            if not at_hand:
                self.say(f"pulling {recipe.base}")
                self.intend("image", recipe.base)
                self.engine.call("pull", "--quiet", recipe.base, timeout_s=_PULL_TIMEOUT_S)
            self.engine.call("tag", recipe.base, base)
            if not at_hand:
                self._remove("image", recipe.base)  # the name only: it is not ours to keep
            self.say(f"setting up {recipe.distribution} on {recipe.base}")
            self._set_up(recipe, base, builder, part)
        finally:
            self._remove("container", builder)
            self._remove("image", base)

    def _set_up(self, recipe: Recipe, base: str, builder: str, part: Path) -> None:
        """Run `setup.sh` in a container of the base image and export that container's files."""
        self._remove("container", builder)  # of a process that was killed; the lock says nobody uses it now
        self.intend("container", builder)
        proxies = (part for name in _PROXY_VARIABLES if name in os.environ for part in ("--env", name))
        setup = ("sh", f"/{_SETUP_IN_CONTAINER}", recipe.user, *recipe.packages)
        labels = ("--label", f"{FLEET}={self.fleet}", "--label", f"{OWNER}={recipe.owner}")
        self.engine.call("create", "--name", builder, *labels, *proxies, base, *setup)
        script = tar_stream(
            (File(path=_SETUP_IN_CONTAINER, text=SETUP.read_text(encoding="utf-8"), mode=0o755),)
        )
        self.engine.call(*copy_argv(self.engine.facts, builder), stdin=script)
        self.engine.call("start", "--attach", builder, timeout_s=_SETUP_TIMEOUT_S)
        self.engine.call("export", "--output", str(part), builder, timeout_s=_COPY_TIMEOUT_S)

    def _remove(self, kind: str, name: str) -> None:
        """Remove what was made on the way. What stays in spite of that, `down` finds by its name or label."""
        with suppress(ProviderError):
            remove(self.engine, kind, name)


def _acquire(lock: FileLock, recipe: Recipe) -> None:
    try:
        lock.acquire(timeout=_LOCK_TIMEOUT_S)
    except Timeout as error:
        cause = f"another process has been making the {recipe.distribution} image for {_LOCK_TIMEOUT_S / 60:g} minutes"
        raise ProviderError(cause, f"see what holds {lock.lock_file}: `fuser {lock.lock_file}`") from error
