"""Make CUDA on this host what it shall be. Runs on the host, as root.

    python3 cuda.py check|apply '<wish as JSON>'

Prints one JSON object: what was done (for `check`: would be done) and what to know. A wish without versions takes away
what was installed here. What is on record before it is installed and finished only by its record's last line: a run that
was killed is gone on with. Removes no package that it did not bring, and touches no CUDA that came another way.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from retrying import apt_ran

RECORD = Path("/var/lib/misc/cuda.json")
LINK, ALTERNATIVE = Path("/usr/local/cuda"), Path("/etc/alternatives/cuda")
DRIVER = Path("/sys/module/nvidia/version")
FOLDERS = Path("/usr/local/share/doc")
"""Not there on a bare host: it goes again when it is empty."""
MARKER = "Ansible managed: role cuda"
"""In every file that the role writes."""

APT_OPTIONS = (
    *("APT::Get::Assume-Yes=1", "APT::Install-Recommends=0", "DPkg::Options::=--force-confold"),
    *("DPkg::Lock::Timeout=300", "APT::Keep-Downloaded-Packages=0"),
    # What is held is held by this role; cuDNN may go down as well as up.
    *("APT::Get::Allow-Change-Held-Packages=1", "APT::Get::Allow-Downgrades=1"),
)

HELD = re.compile(r"^cuda-|^libcudnn|-\d+-\d+$")
"""Names of NVIDIA's packages that apt is to leave at their version. The distribution's own do not change theirs."""

ANY = ".*"
PARTS = {
    "toolkit": ("cuda-toolkit-{}",),
    "compiler": ("cuda-compiler-{}", "cuda-libraries-dev-{}"),
    "runtime": ("cuda-libraries-{}",),
}
"""NVIDIA's packages. Not `cuda-X-Y` or `cuda-runtime-X-Y`, which bring a driver."""

CHANGED_ON_ITS_WAY = "repeat later; if it stays, somebody changed it on its way here: set cuda_repository_url to another mirror"
APT_CAUSES = (
    (
        r"not signed|no longer signed|GPG error|OpenPGP signature|Packages(\.\w+)?\s+(Hash Sum mismatch|File has unexpected size)",
        "the package index is not what was signed",
        CHANGED_ON_ITS_WAY,
    ),
    (r"Hash Sum mismatch", "a package is not what the signed index says it is", CHANGED_ON_ITS_WAY),
    (
        r"unmet dependencies",
        "packages that are wanted cannot be installed together",
        "set cuda_version, cuda_further_versions or cuda_cudnn_version to others, or cuda_source to another",
    ),
    (
        r"Failed to fetch|Could not resolve '|Connection (failed|timed out|refused)",
        "the package server does not answer",
        "repeat later, or set base_proxy, base_apt_sources or cuda_repository_url to what this host can reach",
    ),
)
"""What is found in apt's output, the cause it shows and the next step; the first that is found counts."""


class CudaError(Exception):
    """Ends the script with a cause and a next step, one line each."""

    def __init__(self, cause: str, hint: str) -> None:
        super().__init__(f"{cause}\n  try: {hint}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """CUDA as it shall be."""

    versions: tuple[str, ...]
    """The first is the default; none for a host without CUDA."""
    drivers: tuple[str, ...]
    """Of each version: its programs start from this driver on."""
    parts: str
    """`toolkit`, `compiler` or `runtime`."""
    cudnn: str
    compiler: str
    """The package with the compiler that nvcc calls; empty where none is needed or it comes along."""
    distribution_packages: tuple[str, ...]
    """What the distribution's own CUDA consists of; none for NVIDIA's."""
    target: str
    """Where /usr/local/cuda is to lead: the default version's folder."""
    index: str
    """The file that tells apt of NVIDIA's repository; empty for the distribution's own archive."""
    files: Mapping[Path, str]
    """What they are to hold; empty for one that is not to be there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """A package that shall be there."""

    name: str
    version: str = ANY
    """A pattern for the whole version; with `ANY` it is apt's choice."""
    optional: bool = False
    """Only where the source has it."""

    def is_met_by(self, version: str | None) -> bool:
        """Whether this version will do; None is one that is not there."""
        return version is not None and re.fullmatch(self.version, version) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What was made here."""

    finished: bool = False
    """False while something is under way."""
    roots: tuple[str, ...] = ()
    """Packages that were asked for."""
    brought: tuple[str, ...] = ()
    """Packages that were not there before, with all that came along."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """What is there now."""

    packages: Mapping[str, str]
    """Versions of what is installed."""
    held: frozenset[str]
    target: str
    """Where /usr/local/cuda leads; empty where it is not there."""
    files: Mapping[Path, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What has to be done."""

    install: tuple[Want, ...]
    remove: tuple[str, ...]
    target: str
    """Where /usr/local/cuda is to lead; empty to leave it."""
    hold: tuple[str, ...]
    files: Mapping[Path, str]
    """What they are to hold; empty for one that is to go."""

    @property
    def steps(self) -> list[str]:
        """In words."""
        return [
            *(f"installed {want.name}" for want in self.install if not want.optional),
            *(f"removed {name}" for name in self.remove),
            *([f"led {LINK} to {self.target}"] if self.target else []),
            *([f"held {', '.join(self.hold)}"] if self.hold else []),
            *(f"{'wrote' if text else 'removed'} {path}" for path, text in self.files.items()),
        ]


def parse_wish(text: str) -> Wish:
    """The wish that the role sends."""
    given = json.loads(text)
    return Wish(
        versions=tuple(given["versions"]),
        drivers=tuple(given["drivers"]),
        parts=given["parts"],
        cudnn=given["cudnn"],
        compiler=given["compiler"],
        distribution_packages=tuple(given["distribution_packages"]),
        target=given["target"],
        index=given["index"],
        files={Path(path): text for path, text in given["files"].items()},
    )


def wanted(wish: Wish) -> tuple[Want, ...]:
    """The packages that the wish comes to."""
    if wish.distribution_packages:
        return tuple(Want(name=name) for name in wish.distribution_packages)
    return (
        *(
            Want(name=name.format(version.replace(".", "-")))
            for version in wish.versions
            for name in PARTS[wish.parts]
        ),
        *cudnn_wants(wish),
        *([Want(name=wish.compiler)] if wish.compiler else []),
    )


def cudnn_wants(wish: Wish) -> tuple[Want, ...]:
    """cuDNN for the default version: 9 has CUDA's major version in its packages' names, 8 in their versions."""
    if not wish.cudnn:
        return ()
    major, cuda, number = wish.cudnn.split(".")[0], wish.versions[0].split(".")[0], re.escape(wish.cudnn)
    develops = wish.parts != "runtime"
    if int(major) < 9:
        names = (f"libcudnn{major}", *([f"libcudnn{major}-dev"] if develops else []))
        return tuple(Want(name=name, version=rf"{number}-\d+\+cuda{cuda}\..*") for name in names)
    names = (f"libcudnn{major}-cuda-{cuda}", *([f"libcudnn{major}-dev-cuda-{cuda}"] if develops else []))
    # The headers are a package of their own in later releases only.
    headers = (Want(name=f"libcudnn{major}-headers-cuda-{cuda}", version=rf"{number}-\d+", optional=True),)
    return (*(Want(name=name, version=rf"{number}-\d+") for name in names), *(headers if develops else ()))


def decide(wish: Wish, record: Record, host: Host) -> Plan:
    """What has to be done. Pure. Raises CudaError where a file of somebody else is in the way."""
    wants = wanted(wish)
    ours = {name for name in (*record.roots, *record.brought) if name in host.packages}
    files = {path: text for path, text in wish.files.items() if text != host.files[path]}
    foreign = [path for path in files if host.files[path] and MARKER not in host.files[path]]
    if foreign and wish.versions:
        raise CudaError(
            f"{foreign[0]} is there and not this role's", "move it away: the role writes one of that name"
        )
    missing = tuple(want for want in wants if not want.is_met_by(host.packages.get(want.name)))
    return Plan(
        install=missing if any(not want.optional for want in missing) else (),
        remove=tuple(sorted((ours & {*record.roots} & {*record.brought}) - {want.name for want in wants})),
        target=wish.target if wish.target != host.target else "",
        hold=tuple(sorted(filter(HELD.search, ours - host.held))) if wish.versions else (),
        files={path: text for path, text in files.items() if path not in foreign},
    )


def warnings(wish: Wish, driver: str) -> list[str]:
    """What to know that stops nothing: a driver that is loaded and too old."""
    return [
        f"The driver {driver} is loaded, and programs of CUDA {version} start from {least} on. "
        "Set nvidia_driver_branch to a later one, or cuda_version to an earlier."
        for version, least in zip(wish.versions, wish.drivers, strict=True)
        if driver and numbers(driver) < numbers(least)
    ]


def numbers(version: str) -> tuple[int, ...]:
    """For comparison."""
    return tuple(map(int, re.findall(r"\d+", version)))


def look(wish: Wish) -> Host:
    """See what is there. Raises CudaError where something else is in the way."""
    leads = LINK.readlink() if LINK.is_symlink() else None
    if wish.versions and leads != ALTERNATIVE and (leads or LINK.exists()):
        raise CudaError(
            f"{LINK} is {f'a link to {leads}' if leads else 'a folder'}, and no package made it",
            f"take CUDA's .run installation away with {LINK}/bin/cuda-uninstaller, or move {LINK} out of the way",
        )
    shown = output("dpkg-query", "--show", "--showformat=${Package}\t${Version}\t${db:Status-Abbrev}\n")
    states = [row.split("\t") for row in shown.splitlines()]
    return Host(
        packages={name: version for name, version, state in states if state[1] == "i"},
        held=frozenset(name for name, _, state in states if state[0] == "h"),
        target=str(ALTERNATIVE.readlink()) if leads == ALTERNATIVE and ALTERNATIVE.is_symlink() else "",
        files={path: read(path) for path in wish.files},
    )


def check(wish: Wish) -> list[str]:
    """What would be done. Where apt has the packages on its lists, it is asked whether they could be installed."""
    record, host = read_record(), look(wish)
    plan = decide(wish, record, host)
    if plan.install and all(offers(want.name) for want in plan.install if not want.optional):
        simulated("Inst", "install", *exact(plan.install))
    return plan.steps or unfinished(wish, record)


def apply(wish: Wish) -> list[str]:
    """Make it as wished; return what was done. What is new comes before what is old goes."""
    record, host = read_record(), look(wish)
    plan = decide(wish, record, host)
    done = plan.steps or unfinished(wish, record)
    if not done:
        return []
    if plan.install:
        record = install(wish, plan, record, host)
    write_record(replace(record, finished=False))
    remove(wish, plan.remove, record)
    host = look(wish)
    record = Record(
        roots=tuple(want.name for want in wanted(wish)),
        brought=tuple(name for name in record.brought if name in host.packages) if wish.versions else (),
    )
    plan = decide(wish, record, host)
    lead(plan.target, wish)
    for path, text in plan.files.items():
        put(path, text)
    run("ldconfig")
    if plan.hold:
        run("apt-mark", "hold", *plan.hold)
    write_record(replace(record, finished=bool(wish.versions)))
    return done


def unfinished(wish: Wish, record: Record) -> list[str]:
    """The last steps of a run that was killed before its end."""
    begun = not record.finished if wish.versions else record != Record()
    return ["finished what was begun"] if begun else []


def install(wish: Wish, plan: Plan, record: Record, host: Host) -> Record:
    """Install what is missing; return the record, which is written first. A refusal leaves the host as it was."""
    refresh(wish)
    specs = exact(plan.install)
    coming = [name for name in simulated("Inst", "install", *specs) if name not in host.packages]
    assert_space(coming)
    fresh = Record(
        roots=tuple(dict.fromkeys((*record.roots, *(want.name for want in plan.install)))),
        brought=tuple(dict.fromkeys((*record.brought, *coming))),
    )
    write_record(fresh)
    if any(want.name == "nvidia-cudnn" for want in plan.install):
        # Debian's package fetches cuDNN once its licence is agreed to: whoever sets cuda_cudnn_version agrees.
        run("debconf-set-selections", said="nvidia-cudnn nvidia-cudnn/question select I Agree\n")
    try:
        apt_get("install", *specs)
    except CudaError:
        if look(wish).packages == host.packages:
            write_record(record)
        raise
    return fresh


def remove(wish: Wish, names: Sequence[str], record: Record) -> None:
    """Remove these, and what came along with them, as far as nothing needs them any more."""
    there = look(wish).packages
    brought = [name for name in record.brought if name in there]
    if held := [name for name in {*record.roots, *brought} & there.keys() if HELD.search(name)]:
        run("apt-mark", "unhold", *held)
    if keep := [want.name for want in wanted(wish) if want.name in brought]:
        run("apt-mark", "manual", *keep)
    if names:
        run("apt-mark", "auto", *names)
    if loose := [name for name in simulated("Remv", "autoremove") if name in brought]:
        apt_get("purge", *loose)


def refresh(wish: Wish) -> None:
    """Fetch the index that the packages are in; of NVIDIA's repository alone where the distribution's is there."""
    own = (f"Dir::Etc::SourceList={wish.index}", "Dir::Etc::SourceParts=-", "APT::Get::List-Cleanup=0")
    if not wish.index or not offers("g++"):
        apt_get("update")
    if wish.index:
        # Otherwise a wrong signature is a warning, where an index was fetched before.
        apt_get("update", options=(*own, "APT::Update::Error-Mode=any"))


def exact(wants: Iterable[Want]) -> list[str]:
    """The packages as apt takes them, with the version where one is wanted. Raises CudaError for what is not on offer."""
    specs = []
    for want in wants:
        versions = offers(want.name)
        fitting = [version for version in versions if want.is_met_by(version)]
        if fitting:
            specs.append(want.name if want.version == ANY else f"{want.name}={fitting[0]}")
        elif not want.optional:
            raise CudaError(
                f"the package source has no {want.name}"
                + (f" in the version that is wanted, but {', '.join(versions)}" if versions else ""),
                "set cuda_cudnn_version to one that it has"
                if "cudnn" in want.name
                else f"set cuda_version to one that it has ({', '.join(released()) or 'none'}), or another cuda_source",
            )
    return specs


def offers(name: str) -> list[str]:
    """The versions of a package that apt has on its lists, the newest first."""
    return [
        line.split("|")[1].strip()
        for line in output("apt-cache", "madison", name).splitlines()
        if "|" in line
    ]


def released() -> list[str]:
    """The versions of CUDA that apt has on its lists from NVIDIA."""
    found = re.findall(
        r"^cuda-libraries-(\d+)-(\d+)$", output("apt-cache", "pkgnames", "cuda-libraries-"), re.MULTILINE
    )
    return [
        f"{major}.{minor}" for major, minor in sorted(found, key=lambda pair: (int(pair[0]), int(pair[1])))
    ]


def simulated(verb: str, *arguments: str) -> list[str]:
    """Names of the packages that apt would do this to. Raises CudaError when it finds no way."""
    lines = apt_get(*arguments, options=("APT::Get::Simulate=1",)).splitlines()
    return [line.split()[1].split(":")[0] for line in lines if line.startswith(f"{verb} ")]


def assert_space(names: Sequence[str]) -> None:
    """Raises CudaError where the disk cannot hold the packages and, beside them, what is downloaded."""
    shown = output("apt-cache", "show", "--no-all-versions", *names) if names else ""
    installed_kib = sum(map(int, re.findall(r"^Installed-Size: (\d+)", shown, re.MULTILINE)))
    download_b = sum(map(int, re.findall(r"^Size: (\d+)", shown, re.MULTILINE)))
    needed, free = installed_kib // 2**10 + download_b // 2**20, shutil.disk_usage("/usr").free // 2**20
    if free < needed:
        raise CudaError(
            f"{len(names)} packages need {needed} MiB and the disk of /usr has {free} MiB free",
            "make space, or set cuda_packages to compiler or runtime",
        )


def lead(target: str, wish: Wish) -> None:
    """Lead /usr/local/cuda there, as NVIDIA's packages do it; Debian's does not register itself."""
    if ALTERNATIVE.is_symlink() and not ALTERNATIVE.exists():
        run("update-alternatives", "--remove", "cuda", str(ALTERNATIVE.readlink()))
    if target and target not in output("update-alternatives", "--list", "cuda").splitlines():
        number = wish.versions[0].replace(".", "")
        run("update-alternatives", "--install", str(LINK), "cuda", target, number)
    if target:
        run("update-alternatives", "--set", "cuda", target)


def apt_get(*arguments: str, options: Sequence[str] = ()) -> str:
    """Run apt-get and return what it says. Raises CudaError with what its output shows."""
    flags = (part for option in (*APT_OPTIONS, *options) for part in ("--option", option))
    argv = ("apt-get", "--quiet", *flags, *arguments)

    # close_fds=False hands the caller's lock down: an apt that outlives its caller keeps the next run waiting.
    def call() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            close_fds=False,
            env=os.environ | {"LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"},
        )

    done = apt_ran(call)
    if done.returncode != 0:
        raise apt_error(done.stdout)
    return done.stdout


def apt_error(said: str) -> CudaError:
    """What the output of a failed apt-get says, as a cause and a next step."""
    lines = [
        line.strip()
        for pattern in (r"unmet dependencies:\n(.*)", r"^(?:E: |W: |Err:\d+ )(.*)", r"(.*)$")
        for line in re.findall(pattern, said.strip(), re.MULTILINE)
    ]
    for pattern, cause, hint in APT_CAUSES:
        if re.search(pattern, said):
            return CudaError(f"{cause}: {lines[0]}", hint)
    return CudaError(f"apt-get failed: {lines[0]}", "repair it on the host with apt-get, and repeat")


def run(*argv: str, said: str = "") -> None:
    """Run a program, and say this to it. Raises CudaError when it fails."""
    done = ask(*argv, said=said)
    if done.returncode != 0:
        raise CudaError(f"{argv[0]} failed: {done.stderr.strip()}", "repair it on the host, and repeat")


def output(*argv: str) -> str:
    """What a program answers; empty when it has no answer."""
    return ask(*argv).stdout.strip()


def ask(*argv: str, said: str = "") -> subprocess.CompletedProcess[str]:
    """Run a program."""
    return subprocess.run(argv, input=said, capture_output=True, text=True, check=False, close_fds=False)


def read(path: Path) -> str:
    """The file's text; empty where there is none."""
    return path.read_text(encoding="utf-8") if path.exists() else ""


def put(path: Path, text: str) -> None:
    """Replace the file in one step; without text remove it, and the folders that were made for it."""
    if text:
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.new")
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)
        return
    path.unlink(missing_ok=True)
    for folder in path.parents:
        if folder.is_relative_to(FOLDERS) and folder.exists() and not any(folder.iterdir()):
            folder.rmdir()


def read_record() -> Record:
    """What was recorded here; nothing where nothing was."""
    given = json.loads(read(RECORD) or "{}")
    return Record(
        finished=given.get("finished", False),
        roots=tuple(given.get("roots", ())),
        brought=tuple(given.get("brought", ())),
    )


def write_record(record: Record) -> None:
    """Replace the record; one that says nothing goes."""
    put(RECORD, json.dumps(asdict(record), indent=1) + "\n" if record != Record() else "")


def main(arguments: Sequence[str]) -> int:
    """Do what the module's docstring says; return the exit code."""
    os.umask(0o022)
    verb, subject = arguments
    try:
        wish = parse_wish(subject)
        done = apply(wish) if verb == "apply" else check(wish)
    except (CudaError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(
        json.dumps({"changed": bool(done), "done": done, "warnings": warnings(wish, read(DRIVER).strip())})
        + "\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
