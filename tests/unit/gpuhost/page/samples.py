"""What the host's page may have to tell, for tests of its program and of the page in a browser."""

from datetime import UTC, datetime, timedelta
from typing import Any

from gpuhost.page import values

NOON = datetime(2026, 11, 21, 12, 0, 7, tzinfo=UTC)
GB = 2**30


def full(**changes: Any) -> values.Snapshot:
    """A busy host that has everything, with changes."""
    given: dict[str, Any] = {
        "title": "gpu-7.example.org",
        "at": NOON,
        "interval_s": 30,
        "machine": values.Machine(
            system="Debian GNU/Linux 12 (bookworm)",
            kernel="6.1.0-40-amd64",
            architecture="x86_64",
            processor="AMD EPYC 7R32 48-Core Processor",
            processors=16,
            busy_percent=43,
            load=7.81,
            memory_used=47 * GB,
            memory_total=64 * GB,
            up_since=NOON - timedelta(days=3, hours=4),
        ),
        "graphics": values.Graphics(
            driver="535.309.01",
            cards=(
                values.Card(
                    name="NVIDIA A10G",
                    memory_used=18 * GB,
                    memory_total=24 * GB,
                    percent=97,
                    celsius=71,
                    users=("ada: python train.py",),
                ),
                values.Card(
                    name="NVIDIA A10G", memory_used=GB // 2, memory_total=24 * GB, percent=0, celsius=88
                ),
                values.Card(
                    name="Card 2, which does not answer",
                    memory_used=None,
                    memory_total=None,
                    percent=None,
                    celsius=None,
                ),
            ),
            wrong=(("NVIDIA A10G: it is too warm (88 °C)", "see that the fans turn"),),
        ),
        "leases": (
            values.Job(
                user="ada",
                command="python train.py",
                waits=False,
                gpus="GPU 0",
                why="",
                starts_at=NOON.timestamp() - 600,
                ends_at=NOON.timestamp() + 7200,
            ),
            values.Job(
                user="grace",
                command="sweep",
                waits=True,
                gpus="2",
                why="1 of 2 GPUs is free",
                starts_at=None,
                ends_at=None,
            ),
        ),
        "disks": (
            values.Disk(place="/", free=11 * GB, total=120 * GB),
            values.Disk(place="/data", free=1900 * GB, total=3600 * GB),
        ),
        "people": (
            values.Person(name="ada", since=NOON - timedelta(hours=2), sessions=2),
            values.Person(name="grace", since=NOON - timedelta(minutes=5), sessions=1),
        ),
        "environments": (
            values.Environment(
                name="default",
                python="3.11",
                packages=(
                    ("TensorFlow", "2.21.0"),
                    ("Keras", "3.15.0"),
                    ("CUDA", "12.9.79"),
                    ("cuDNN", "9.10.2.21"),
                ),
            ),
            values.Environment(name="tools", python="3.11", packages=()),
        ),
        "lifetime": values.Lifetime(
            spent_s=41_400,
            cost_usd=18.745,
            price_usd_per_hour=1.63,
            ends_at=NOON + timedelta(minutes=50),
            reason="12 hours in all",
            idle_s=0,
            idle_limit_s=3600,
        ),
        "tls": values.Tls(
            names=("gpu-7.example.org", "notebooks.example.org"),
            issuer="CN=R11,O=Let's Encrypt,C=US",
            self_signed=False,
            ends_at=NOON + timedelta(days=62),
            problem="",
        ),
        "training": values.Training(
            verdict="PASS",
            headline="PASS: gpu-7 trained Fashion-MNIST to 0.912 at 214,330 images/s",
            accuracy="0.9118",
            images_per_s="214,330",
            issued_at=NOON - timedelta(days=1),
            reasons=("all 22 checks passed",),
            report=True,
        ),
        "tools": (
            values.Tool(
                title="Desktop",
                path="/desktop/",
                description="Xfce in the browser",
                units=(("orchestrate-vnc@ada.service", "active"),),
            ),
            values.Tool(
                title="Notebooks",
                path="/notebooks/",
                description="JupyterLab with the training environment",
                units=(
                    ("orchestrate-jupyter@ada.service", "active"),
                    ("orchestrate-jupyter@grace.service", "failed"),
                ),
            ),
            values.Tool(
                title="TensorBoard",
                path="/tensorboard/",
                description="Curves of the runs in ~/runs",
                units=(("orchestrate-tensorboard@ada.service", "active"),),
            ),
            values.Tool(title="Handbook", path="/handbook/", description="", units=()),
        ),
    }
    return values.Snapshot(**(given | changes))


def bare(**changes: Any) -> values.Snapshot:
    """A host of which nothing can be told, with changes."""
    parts = ("machine", "graphics", "disks", "people", "environments", "lifetime", "tls", "training", "tools")
    nothing = {part: values.Missing(reason=f"Of {part} nothing is known.") for part in parts}
    return full(**(nothing | changes))
