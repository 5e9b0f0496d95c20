"""Where OpenAPI 3.0 and Swagger 2.0 write down what ``Api`` asks for."""

from collections.abc import Iterator

from tests.schemas.api import Api, Content, Operation, Parameter, Place

_JSON_SCHEMA_KEYS = ("type", "format", "enum")


class OpenApi3(Api):
    """A description in OpenAPI 3.0."""

    def _parameters(self, operation: Operation) -> Iterator[Parameter]:
        for number in range(len(self._at(operation.place).get("parameters", ()))):
            described = self._at(self._resolved((*operation.place, "parameters", number)))
            schema = described["schema"]
            is_array = schema.get("type") == "array"
            listed = is_array and described.get("explode") is False
            # Exploded, each value comes under the name again and is one item.
            exploded = is_array and not listed
            yield Parameter(
                name=described["name"],
                where=described["in"],
                required=described.get("required", False),
                schema=schema.get("items", {}) if exploded else schema,
                listed=listed,
            )

    def _body(self, operation: Operation) -> Content:
        if "requestBody" not in self._at(operation.place):
            return Content()
        return self._content(self._resolved((*operation.place, "requestBody")))

    def _answer(self, operation: Operation, status: int) -> Content | None:
        place = (*operation.place, "responses", str(status))
        if str(status) not in self._at(place[:-1]):
            return None
        return self._content(self._resolved(place))

    def _content(self, place: Place) -> Content:
        media_types = tuple(self._at(place).get("content", ()))
        if not media_types:
            return Content()
        return Content(media_types, (*place, "content", media_types[0], "schema"))


class Swagger2(Api):
    """A description in Swagger 2.0."""

    def _parameters(self, operation: Operation) -> Iterator[Parameter]:
        for described in self._at(operation.place)["parameters"]:
            if described["in"] != "body":
                yield Parameter(
                    name=described["name"],
                    where=described["in"],
                    required=described.get("required", False),
                    schema={key: described[key] for key in _JSON_SCHEMA_KEYS if key in described},
                )

    def _body(self, operation: Operation) -> Content:
        described = self._at(operation.place)
        for number, parameter in enumerate(described["parameters"]):
            if parameter["in"] == "body":
                place = (*operation.place, "parameters", number, "schema")
                return Content(tuple(described["consumes"]), place)
        return Content()

    def _answer(self, operation: Operation, status: int) -> Content | None:
        described = self._at(operation.place)
        key = str(status) if str(status) in described["responses"] else "default"
        if key not in described["responses"]:
            return None
        if "schema" not in described["responses"][key]:
            return Content()
        return Content(tuple(described["produces"]), (*operation.place, "responses", key, "schema"))
