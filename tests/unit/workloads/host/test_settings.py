"""What the user or the host has set otherwise is put aside for the job, and told."""

import json
from pathlib import Path

import pytest

from tests.unit.workloads.asked import arguments
from workloads.host.settings import NO_KERAS_HOME, Adjustment, adjustment, keras_home, keras_settings


def test_a_job_for_the_cpu_is_shown_no_gpu(tmp_path: Path) -> None:
    values = adjusted(tmp_path, {}, device="cpu").values
    assert values["CUDA_VISIBLE_DEVICES"] == ""
    assert values["JAX_PLATFORMS"] == "cpu"


@pytest.mark.parametrize("device", ["auto", "gpu"])
def test_other_jobs_see_the_gpus_that_their_caller_lets_them_see(tmp_path: Path, device: str) -> None:
    made = adjusted(tmp_path, {"CUDA_VISIBLE_DEVICES": "1", "JAX_PLATFORMS": "cuda"}, device=device)
    assert not {"CUDA_VISIBLE_DEVICES", "JAX_PLATFORMS"} & (set(made.values) | set(made.removed))
    assert made.told == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TF_XLA_FLAGS", "--tf_xla_auto_jit=2"),
        ("NVIDIA_TF32_OVERRIDE", "1"),
        ("KERAS_MAX_STEPS_PER_EPOCH", "3"),
        ("JAX_DEFAULT_MATMUL_PRECISION", "bfloat16"),
        ("ONEDNN_DEFAULT_FPMATH_MODE", "BF16"),
        ("TORCH_ALLOW_TF32_CUBLAS_OVERRIDE", "1"),
    ],
)
def test_a_variable_that_changes_the_sums_is_taken_out_and_told(
    tmp_path: Path, name: str, value: str
) -> None:
    made = adjusted(tmp_path, {name: value, "PATH": "/usr/bin"})
    assert made.removed == (name,)
    assert [(each.name, each.found, each.used) for each in made.told] == [(name, value, "")]


def test_a_backend_of_the_user_gives_way_to_the_job_s(tmp_path: Path) -> None:
    made = adjusted(tmp_path, {"KERAS_BACKEND": "torch"})
    assert made.values["KERAS_BACKEND"] == "tensorflow"
    assert [(each.found, each.used) for each in made.told] == [("torch", "tensorflow")]


def test_of_xla_s_flags_the_folder_of_its_libraries_stays(tmp_path: Path) -> None:
    flags = "--xla_gpu_cuda_data_dir=/usr/lib/cuda --xla_gpu_autotune_level=0"
    made = adjusted(tmp_path, {"XLA_FLAGS": flags})
    assert made.values["XLA_FLAGS"] == "--xla_gpu_cuda_data_dir=/usr/lib/cuda"
    assert made.told[0].found == flags


def test_terraform_s_variables_are_neither_touched_nor_told(tmp_path: Path) -> None:
    made = adjusted(tmp_path, {"TF_VAR_password": "hunter2", "TF_TOKEN_app": "x", "TF_CLI_ARGS": "-v"})
    assert (made.removed, made.told) == ((), ())


@pytest.mark.parametrize(
    ("found", "names"),
    [
        ({"floatx": "float16", "epsilon": 1e-07, "backend": "jax"}, ["floatx"]),
        ({"floatx": "bfloat16"}, ["floatx"]),
        ({"image_data_format": "channels_first", "epsilon": 0.01}, ["image_data_format", "epsilon"]),
        ({"floatx": "float32", "epsilon": 1e-07, "image_data_format": "channels_last"}, []),
        ([], ["keras.json"]),
    ],
)
def test_the_user_s_keras_settings_are_told_where_they_differ(
    tmp_path: Path, found: object, names: list[str]
) -> None:
    file = tmp_path / "keras.json"
    file.write_text(json.dumps(found), encoding="utf-8")
    assert [setting.name for setting in keras_settings(file)] == names


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000])
def test_keras_settings_that_are_no_json_are_told_and_change_nothing(tmp_path: Path, text: str) -> None:
    file = tmp_path / "keras.json"
    file.write_text(text, encoding="utf-8")
    assert [setting.found for setting in keras_settings(file)] == ["no JSON object"]


def test_keras_is_sent_where_no_settings_can_be(tmp_path: Path) -> None:
    (tmp_path / "keras.json").write_text('{"floatx": "float16"}', encoding="utf-8")
    assert adjusted(tmp_path, {}).values["KERAS_HOME"] == NO_KERAS_HOME
    assert keras_home({"KERAS_HOME": str(tmp_path), "HOME": "/root"}) == tmp_path
    assert keras_home({"HOME": "/home/ada"}) == Path("/home/ada/.keras")


@pytest.mark.parametrize(
    ("backend", "flags"),
    [
        ("jax", "--xla_gpu_cuda_data_dir=/opt/cuda --xla_force_host_platform_device_count=2"),
        ("tensorflow", "--xla_gpu_cuda_data_dir=/opt/cuda"),
    ],
)
def test_jax_is_told_before_its_import_that_the_cpu_is_to_be_several(
    tmp_path: Path, backend: str, flags: str
) -> None:
    found = {"XLA_FLAGS": "--xla_gpu_cuda_data_dir=/opt/cuda --xla_cpu_enable_fast_math=true"}
    made = adjustment(arguments(backend=backend), found, tmp_path, cpu_devices=2)
    assert made.values["XLA_FLAGS"] == flags
    assert [(each.name, each.used) for each in made.told] == [("XLA_FLAGS", flags)]


def test_a_job_that_asks_for_one_cpu_sets_no_flag(tmp_path: Path) -> None:
    assert "XLA_FLAGS" not in adjustment(arguments(backend="jax"), {}, tmp_path).values


def adjusted(home: Path, environ: dict[str, str], *, device: str = "auto") -> Adjustment:
    return adjustment(arguments(device=device), environ, home)
