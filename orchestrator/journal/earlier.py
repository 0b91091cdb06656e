"""Values as earlier versions wrote them, made into what this one reads: whoever upgrades keeps fleets, and can take them away. Pure.

A version that renames or splits a field of a value in a run folder adds its rewriting here, and an example to the tests.
"""

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]


def as_of_now(value: Json) -> Json:
    """The same with everything in it that has been renamed since; itself where nothing has."""
    if isinstance(value, list):
        return [as_of_now(each) for each in value]
    if not isinstance(value, dict):
        return value
    return _with_framework({name: as_of_now(each) for name, each in value.items()})


def _with_framework(value: dict[str, Json]) -> dict[str, Json]:
    """A stack had a release of TensorFlow, before there were other frameworks."""
    if "framework" in value or not {"tensorflow", "requirements", "hardware"} <= value.keys():
        return value
    rest = {name: each for name, each in value.items() if name != "tensorflow"}
    return rest | {"framework": "tensorflow", "release": value["tensorflow"]}
