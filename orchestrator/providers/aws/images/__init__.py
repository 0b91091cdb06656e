"""Images of our own."""

from orchestrator.providers.aws.images.baking import Baking, bake, baked_images, unbake

__all__ = ["Baking", "bake", "baked_images", "unbake"]
