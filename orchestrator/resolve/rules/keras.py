"""Whether Keras 3 is told to run on a release of JAX or PyTorch. TensorFlow comes with the Keras that goes with it."""

from orchestrator.catalog.frameworks.releases import FrameworkRelease
from orchestrator.catalog.names import version
from orchestrator.models import Confidence, Fact, Framework

OLDEST = {Framework.JAX: "0.4.20", Framework.TORCH: "2.1.0"}
_SOURCE = "Keras 3, Getting started: compatibility matrix"


def runs_on(release: FrameworkRelease) -> tuple[Fact, ...]:
    """A fact, and a doubtful one where the release is older than the oldest that Keras 3 names."""
    oldest = OLDEST.get(release.framework)
    if oldest is None:
        return ()
    label = release.framework.label
    if version(release.release) < version(oldest):
        return (
            Fact(
                statement=f"Keras 3 is told to run on {label} from {oldest} on: whether it does on {release.release} is not known",
                source=_SOURCE,
                confidence=Confidence.LOW,
            ),
        )
    return (
        Fact(
            statement=f"Keras 3 is told to run on {label} from {oldest} on",
            source=_SOURCE,
            confidence=Confidence.MEDIUM,
        ),
    )
