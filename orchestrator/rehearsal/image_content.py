"""What is on an image, as far as a host that starts from it shows it. A value: it knows neither moto nor containers."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageContent:
    """The content of an image."""

    distribution: str = ""
    """`debian-12` …; empty where it is not known."""
    driver: bool = False
    """NVIDIA's driver, and Docker."""
