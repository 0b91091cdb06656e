"""Prometheus' text format, byte by byte."""

from gpuhost.exporter.text_format import COUNTER, GAUGE, Family, Sample, rendered


def test_a_metric_has_its_help_and_type_before_its_samples() -> None:
    family = Family("power", GAUGE, "Power (in W).", (Sample(70.5, {"gpu": "0"}), Sample(3.0, {"gpu": "1"})))
    assert rendered([family]) == (
        '# HELP power Power (in W).\n# TYPE power gauge\npower{gpu="0"} 70.5\npower{gpu="1"} 3\n'
    )


def test_a_metric_without_samples_is_left_out() -> None:
    assert rendered([Family("power", GAUGE, "Power.", ())]) == ""


def test_a_sample_without_labels_has_no_braces() -> None:
    assert rendered([Family("up", GAUGE, "Up.", (Sample(True, {}),))]).endswith("\nup 1\n")


def test_backslashes_quotes_and_ends_of_lines_are_escaped_in_labels_and_help() -> None:
    family = Family("a", COUNTER, 'x\\y\n"z"', (Sample(1, {"b": 'c:\\d "e"\nf'}),))
    assert rendered([family]) == ('# HELP a x\\\\y\\n"z"\n# TYPE a counter\na{b="c:\\\\d \\"e\\"\\nf"} 1\n')


def test_large_counters_keep_all_their_digits() -> None:
    assert rendered([Family("a", COUNTER, "A.", (Sample(9007199254740991, {}),))]).endswith(
        " 9007199254740991\n"
    )
