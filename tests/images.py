"""Images of hosts, imported once for all tests of a process. Whatever an owner has made or imported is left alone.

Each owner has an image under a name of their own, which their first `up` imports and their last `down` removes. Importing keeps
a disk busy for seconds; where a test shows something else, its owner is lent another name for an image that is there.
"""

from dataclasses import replace
from pathlib import Path
from secrets import token_hex

from orchestrator.providers.sandbox.engine import Engine
from orchestrator.providers.sandbox.fleet.release import remove
from orchestrator.providers.sandbox.image.maker import ImageMaker
from orchestrator.providers.sandbox.image.recipe import Recipe, recipe_for
from orchestrator.providers.sandbox.image.rootfs import RootfsCache

LENDER = f"t{token_hex(5)}"
"""An owner without a fleet: nobody's `down` or `gc` takes these images away."""


class LentImages:
    """Names that owners of this process were given for images that are in the engine already.

    Args:
        engine: where the images are.
        cache: where their root file systems are kept.
    """

    def __init__(self, engine: Engine, cache: Path) -> None:
        self._engine = engine
        self._cache = RootfsCache(cache)
        self._kept: dict[str, str] = {}
        self._lent: list[str] = []

    def lend(self, owner: str, *distributions: str) -> None:
        """Let the owner's next `up` find its images. Where the root file system was never made here, that `up` makes it."""
        for distribution in distributions:
            recipe = recipe_for(distribution, user="admin", owner=owner)
            kept = self._kept.get(distribution) or self._imported(recipe)
            if kept:
                self._kept[distribution] = kept
                self._lent.append(recipe.name)
                self._engine.call("tag", kept, recipe.name)

    def take_back(self) -> None:
        """Remove all names, and the images with them."""
        for name in (*self._lent, *self._kept.values()):
            remove(self._engine, "image", name)

    def _imported(self, wanted: Recipe) -> str:
        """The name of this process' own image; empty where there is no root file system yet."""
        recipe = replace(wanted, owner=LENDER)
        if self._cache.find(recipe) is None:
            return ""
        maker = ImageMaker(
            engine=self._engine,
            cache=self._cache,
            fleet="lent-images",
            say=lambda _line: None,
            intend=lambda _kind, _name: None,
        )
        return maker.ensure(recipe)
