"""Structs in a form whose JSON Schema msgspec can derive.

It derives none of a union of untagged structs, which can be encoded and not decoded, nor of a
default that is raw JSON.
"""

from __future__ import annotations

from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec
from msgspec import UNSET, structs


class Describable:
    """Makes such forms; ``template`` is how one schema refers to another.

    ``parts`` are the members of untagged unions, which are to be described beside the rest.
    """

    def __init__(self, template: str) -> None:
        self._template = template
        self._forms: dict[type[msgspec.Struct], type[msgspec.Struct]] = {}
        self.parts: list[type[msgspec.Struct]] = []

    def of(self, struct: type[msgspec.Struct]) -> type[msgspec.Struct]:
        """The struct itself if it will do, else one with the same names and tag."""
        if struct not in self._forms:
            self._forms[struct] = struct
            self._forms[struct] = self._form(struct)
        return self._forms[struct]

    def _form(self, struct: type[msgspec.Struct]) -> type[msgspec.Struct]:
        fields = structs.fields(struct)
        kept = [(field, self._type(field.type)) for field in fields]
        if all(
            new is field.type and not isinstance(field.default, msgspec.Raw) for field, new in kept
        ):
            return struct
        config = struct.__struct_config__
        return msgspec.defstruct(
            struct.__name__,
            [_field(field, new) for field, new in kept],
            namespace={"__doc__": struct.__doc__},
            rename={field.name: field.encode_name for field in fields},
            tag=config.tag,
            tag_field=config.tag_field,
            kw_only=True,
        )

    def _type(self, annotation: Any) -> Any:
        """The annotation with every struct in it in such a form; itself if nothing changes."""
        if _is_struct(annotation):
            return self.of(annotation)
        origin, arguments = get_origin(annotation), get_args(annotation)
        if origin is Annotated:
            inner = self._type(arguments[0])
            return annotation if inner is arguments[0] else Annotated[inner, *arguments[1:]]
        if origin is Union or origin is UnionType:
            return self._union(annotation, arguments)
        new = tuple(self._type(one) for one in arguments)
        if all(one is other for one, other in zip(new, arguments, strict=True)):
            return annotation
        return origin[new] if origin is not None else annotation

    def _union(self, annotation: Any, members: tuple[Any, ...]) -> Any:
        untagged = [one for one in members if _is_struct(one) and _tag(one) is None]
        if len(untagged) < 2:
            return annotation
        self.parts += [self.of(one) for one in untagged]
        refs = [{"$ref": self._template.format(name=one.__name__)} for one in untagged]
        return Annotated[Any, msgspec.Meta(extra_json_schema={"anyOf": refs})]


def _is_struct(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, msgspec.Struct)


def _tag(struct: type[msgspec.Struct]) -> str | int | None:
    return struct.__struct_config__.tag


def _field(field: structs.FieldInfo, annotation: Any) -> Any:
    """The field for a new struct; one that may be absent has no default to describe."""
    if field.required:
        return (field.name, annotation)
    if isinstance(field.default, msgspec.Raw):
        return (field.name, Any, UNSET)
    if field.default is msgspec.NODEFAULT:
        return (field.name, annotation, msgspec.field(default_factory=field.default_factory))
    return (field.name, annotation, field.default)
