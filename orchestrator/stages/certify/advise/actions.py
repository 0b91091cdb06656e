"""What to do about a check that did not pass: first by what its reason says, else by its name. Data, and one look-up. Pure."""

import re

AGAIN = "run the jobs again: `orchestrate validate`"
LOG = "read the job's log in the run folder, <host>-<workload>.log, for what it said last"

BY_REASON: tuple[tuple[str, str], ...] = (
    # A card that has to be looked at, by how bad it is.
    (r"fell off the bus|S?Xid 79\b|not on the bus|was lost|lost it|GPU is lost", "restart the host; if it comes back, look at the card's slot, its riser and its power, then have it replaced"),
    (r"could not be remapped|Xid 64\b|pages are retired|Xid (?:140|171|172|92)\b", "take the card out of service and have it replaced: its memory has no spare parts left, or loses more"),
    (r"Xid\b.*in no list: S?Xid \d", "look the number up in NVIDIA's Xid catalog, restart the host, then " + AGAIN),
    (r"only the kernel's log says|neither the kernel's log|Xid\b.*cannot be read", "let the job's user read the kernel's log: `sysctl kernel.dmesg_restrict=0`, then " + AGAIN),
    (r"\(pending\)|Xid (?:94|95|48)\b|uncorrectable memory errors|rows were remapped", "end what runs on the card, then `nvidia-smi --gpu-reset` or restart the host; if errors come back, have the card replaced"),
    (r"driver asks for a (?:restart|recovery of the IMEX)|Xid (?:62|119|120|143|46|110|158|167)\b", "restart the host; if it comes back, update the driver, then have the card looked at"),
    (r"driver asks for|Xid 154\b", "do what the driver asks for: `nvidia-smi -q` names it under GPU Recovery Action; a reset is `nvidia-smi --gpu-reset`"),
    (r"NVLink|SXid|Xid (?:74|136|155|14[4-9]|150)\b", "see `nvidia-smi nvlink --status`, restart nvidia-fabricmanager where there are switches, seat the bridge anew; then have the board looked at"),
    (r"Xid 54\b|power brake", "look at the card's power cables and at the host's power supply"),
    (r"S?Xid \d+", "look the number up in NVIDIA's Xid catalog, restart the host, then " + AGAIN),
    # From the card to the framework.
    (r"hides the (?:card|others)", "take the setting back where it is made (shell, unit, image), then " + AGAIN),
    (r"different versions|version mismatch", "restart the host, so that the kernel loads the driver that is installed"),
    (r"kernel module is not loaded|no driver that works", "`orchestrate up --full` installs the driver; see `dmesg | grep -i nvidia` for why its module does not load (Secure Boot, nouveau, headers), and give a container its card"),
    (r"may not open them", "add the user to the group of /dev/nvidia*, or give the container these devices"),
    (r"libnvidia-ml|libcuda", "`orchestrate up --full` installs the driver's libraries; a container needs NVIDIA's toolkit to have them"),
    (r"wheel", "install the framework with code for CUDA: `orchestrate up --full`; for an old card a release that still has code for it: `orchestrate resolve`"),
    (r"library .*not found|too old for the framework", "`orchestrate up --full` installs what the framework needs; `orchestrate resolve --explain` says which versions go together"),
    (r"shows this process no card", "restart the host; in a container see which devices it was given, under MIG that slices exist: `nvidia-smi -L`"),
    # Speed and conditions.
    (r"hardware slowdown", "look at the card's power cables, its cooling and the host's power supply"),
    (r"clock was", "take set clocks back: `nvidia-smi --reset-gpu-clocks`, `--reset-memory-clocks`, `--reset-applications-clocks`; then " + AGAIN),
    (r"which driver is loaded|under different drivers", "see which driver is loaded: `cat /proc/driver/nvidia/version` against `nvidia-smi`; restart the host, then " + AGAIN),
    (r"too warm", "look at fans, filters and airflow of the card and the room, then " + AGAIN),
    (r"lanes|generation \d|that its PCIe link carries", "seat the card anew, in a slot with all lanes; look at riser, switch and the firmware's setting of the slot's speed"),
    (r"PCIe replays", "seat the card anew, and look at its slot and riser"),
    (r"other processes computed|busy to|in use before the job", "have the others end, or ask for free cards; then " + AGAIN),
    (r"is held to \d+% of its usual power", "raise the limit: `nvidia-smi --power-limit`, up to the default in `nvidia-smi -q -d POWER`"),
    (r"no rate is known|no rate is catalogued", "add the card to workloads/gpu_burn/rates.csv from its data sheet: docs/certificate.md says how"),
    (r"was not measured", "plan a load: add gpu_burn to `validate.workloads:`, then `orchestrate up`"),
    (r"which no card of its kind can", "do not trust the result: the job or its clock was changed; put the training environment back with `orchestrate up --full`"),
    (r"and a healthy card|of the catalogue's", "compare with the card beside it, look at power, heat and the clocks in `nvidia-smi -q -d PERFORMANCE`; if it stays slow, have it replaced"),
    # What a job ran into.
    (r"OutOfMemory|RESOURCE_EXHAUSTED|oom-kill|out of memory|no memory left", "free memory: end other processes, lower `validate.batch_size` or `validate.memory_limit_mib`, or take a larger host"),
    (r"timeout_s", "see what slows it down; a slow host needs a larger `validate.timeout_s`"),
    (r"DataSetError|trained on|did not say what it read|real data", "put the real data set there: `orchestrate up --full` (role datasets) verifies it; of tables from elsewhere name the checksum"),
    (r"result cannot be read|no result|brought none|another job|old result|other settings|the check says that|the outcome .* is unknown", "do not use this result; " + AGAIN),
    (r"ImportError|ModuleNotFoundError", "put the training environment back: `orchestrate up --full`"),
    (r"by signal|went away|lost the job|broke off|was ended", LOG + "; then " + AGAIN),
)  # fmt: skip
"""Pattern of a reason, and what to do. The first that is found counts: what is worse comes first."""

_DEVICE = "restart the host and " + AGAIN + "; if a device computes wrongly again, take it out of service"
_READ = "see that `nvidia-smi` works there, put it right with `orchestrate up --full`, then " + AGAIN
_LEARN = "put the training environment back with `orchestrate up --full`; if it trains wrongly again, suspect the device"
_LINK = "look at the cable, the port and the switch of the host that is in each slow pair: `ethtool`, `ibstat`, the interface's errors"
BY_CHECK: dict[str, str] = {
    "devices_listed": "see `nvidia-smi` on the host and the framework's warnings in the job's log; `orchestrate up --full` installs both",
    "cards_counted": "see which card is missing: `nvidia-smi -L` against `lspci -d 10de:`; restart the host",
    "cards_confirmed": "see which card is missing: `nvidia-smi -L` against `lspci -d 10de:`; restart the host",
    "memory_limit": "lower `validate.memory_limit_mib`, or leave it out",
    "gpu_health": _READ,
    "health_confirmed": _READ,
    "telemetry_confirmed": _READ,
    "cards_watched": _READ,
    "clocks_kept": _READ,
    "clocks_confirmed": _READ,
    "link_confirmed": _READ,
    "alone_confirmed": _READ,
    "device_used": "read in the job's log why the framework left the GPU; " + AGAIN,
    "device_confirmed": "follow the link from `lspci -d 10de:` over `nvidia-smi` to the framework's list; `orchestrate up --full` installs all of it",
    "data_verified": "remove the data set there; `orchestrate up --full` fetches and verifies it",
    "data_confirmed": "remove the data set there; `orchestrate up --full` fetches and verifies it",
    "known_workload": "take it out of `validate.workloads:`: this version cannot judge it",
    "work_planned": "plan a host and a workload: `orchestrate plan`",
    "unplanned_results": AGAIN,
    "checked_now": AGAIN,
    "same_device": "see why one job had no GPU: the job's log; " + AGAIN,
    "speed_confirmed": "plan a load: add gpu_burn to `validate.workloads:`, then `orchestrate up`",
    "exit_code_confirmed": LOG,
    "ran_to_its_end": LOG,
    "origin_confirmed": "do not use this result; " + AGAIN,
    "time_confirmed": "set the host's clock (`timedatectl`), then " + AGAIN,
    "result_readable": "do not use this result; " + AGAIN,
    "not_revoked": "mend what the reason says, then " + AGAIN,
    "tasks_counted": "see `orchestrate queue` and `sinfo` for hosts that are down or drained; " + AGAIN,
    "tasks_sound": "look at the host that the reason names: its own job says more; " + AGAIN,
    "sums_correct": _DEVICE,
    "weights_identical": _DEVICE,
    "scaling_efficiency": "see which pair of hosts is slow in the table of pairs, and what else runs on the hosts and on the network",
    "all_pairs_measured": LOG + "; " + AGAIN,
    "pairs_alike": _LINK,
    "hosts_confirmed": "see `orchestrate queue` and `sinfo` for hosts that are down or drained; " + AGAIN,
    "same_device_across": "see whether Slurm knows the cards: `scontrol show node`; `orchestrate up --full` writes them down anew",
    "weights_confirmed": _DEVICE,
    "sums_confirmed": _DEVICE,
    "pair_speed_confirmed": _LINK,
    "pairs_alike_confirmed": _LINK,
    "link_speed": "look at the link's rate (`ethtool`, `ibstat`) and at what NCCL chose (NCCL_DEBUG=INFO in a job of your own)",
    "copy_speed": "look at the card's slot, and at what else uses the host's memory; " + AGAIN,
}  # fmt: skip
"""Checks of which the name says enough."""

_WRONG = (
    *(
        "hello_world",
        "multiplication",
        "placed_matmul",
        "multi_tower_sum",
        "device_matmul",
        "device_convolution",
    ),
    *("device_training", "answers_confirmed", "products_verified", "copies_verified", "memory_pattern"),
    *(
        "replicas_agree",
        "network_equals_numpy",
        "tiles_equal_whole",
        "product_speed",
        "memory_speed",
        "memory_predicted",
    ),
)
_TRAINED = (
    *(
        "loss_falls",
        "throughput_measured",
        "test_accuracy",
        "training_bands",
        "weights_changed",
        "accuracy_recomputed",
    ),
    *("accuracy_confirmed", "throughput_confirmed", "loss_confirmed", "curve_confirmed", "figures_confirmed"),
    *("configurations_measured", "stores_read_back", "same_losses", "log_loss_recomputed", "log_loss"),
    *("production_model", "submission", "missing_masked", "rmse_recomputed", "keypoint_rmse", "predictions"),
    *("eve_equals_paper", "same_start", "feedback_reached", "style_learnt", "pictures_made"),
)
BY_CHECK |= dict.fromkeys(_WRONG, _DEVICE) | dict.fromkeys(_TRAINED, _LEARN)


def action_for(check: str, reason: str) -> str:
    """What to do, in one line; never empty."""
    for pattern, action in BY_REASON:
        if re.search(pattern, reason):
            return action
    return BY_CHECK.get(check, f"{LOG}; then {AGAIN}")
