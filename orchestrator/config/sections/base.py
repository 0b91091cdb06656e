"""What every section of `fleet.yml` has in common. Pure."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError


def _no_boolean(value: object) -> object:
    """Python counts `true` as 1; in a file it is a slip."""
    if isinstance(value, bool):
        raise PydanticCustomError("int_type", "Input should be a number")
    return value


def no_repetition(items: tuple[str, ...]) -> tuple[str, ...]:
    """The items, each of which stands there once."""
    for item in items:
        if items.count(item) > 1:
            raise PydanticCustomError("repetition", "{item} is listed twice", {"item": item})
    return items


def one_or_several(value: object) -> object:
    """A word alone is a list of one."""
    return (value,) if isinstance(value, str) else value


Whole = Annotated[int, BeforeValidator(_no_boolean)]
Number = Annotated[float, BeforeValidator(_no_boolean)]


class Section(BaseModel):
    """A mapping of the file. A key without a value means its default; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def fields_by_key(cls) -> dict[str, FieldInfo]:
        """The fields under the names they have in the file."""
        return {field.alias or name: field for name, field in cls.model_fields.items()}

    @model_validator(mode="before")
    @classmethod
    def _null_means_default(cls, data: object) -> object:
        if not isinstance(data, dict):
            return data
        known = cls.fields_by_key()
        return {key: value for key, value in data.items() if value is not None or key not in known}
