"""OpenAPI: the document that describes the service."""

from __future__ import annotations

from typing import Any

import relnews
from relnews.export import json
from relnews.export.formats import FORMATS, Format
from relnews.web.drafts import DEFAULT_K, MOST_K, TAG
from relnews.web.problems import WebProblem
from relnews.web.routes import MOST_ID

*_OTHERS, _LAST = (format_.suffix for format_ in FORMATS.values())
_SUFFIXES = f"{', '.join(_OTHERS)} or {_LAST}"


def document(root_path: str = "") -> dict[str, Any]:
    """Return the OpenAPI document.

    Parameters
    ----------
    root_path : str, optional
        Path in front of all addresses, such as ``/relnews``.
    """
    schema = json.schema()
    definitions = schema.pop("$defs")
    schema.pop("$schema")
    schemas = {"list": schema, **definitions, "problem": _PROBLEM, "draft": _DRAFT}
    paths = {
        "/related/{id}": {
            "get": _list(
                f"The list of an article. A suffix names the format: {_SUFFIXES}.",
                [_id("path"), _K], _PROBLEMS_OF_LISTS,
            ),
        },
        "/related": {
            "get": _list(
                "The list of an article whose id no path can have, such as one with a dot segment.",
                [_id("query"), _K], _PROBLEMS_OF_LISTS,
            ),
            "post": _list(
                "The list of a draft: a story that is not in the archive.", [],
                _PROBLEMS_OF_DRAFTS,
            ) | {"requestBody": {
                "required": True,
                "content": {"application/json": {"schema": _ref("draft")}},
            }},
        },
        "/health": {"get": _page(
            "Whether the archive can be read.", "application/json", _HEALTH, WebProblem.GONE
        )},
        "/ready": {"get": _page(
            "Whether a list can be made.", "application/json", _HEALTH, WebProblem.GONE
        )},
        "/metrics": {"get": _page("Counts for Prometheus.", "text/plain", {"type": "string"})},
        "/openapi.json": {
            "get": _page("This document.", "application/json", {"type": "object"})
        },
        "/related-news.js": {
            "get": _page("The element <related-news>.", "text/javascript", {"type": "string"})
        },
        "/related-news.css": {
            "get": _page("The style of lists.", "text/css", {"type": "string"})
        },
    }  # fmt: skip
    described: dict[str, Any] = _moved({
        "openapi": "3.1.0",
        "info": {"title": "Related News", "version": relnews.__version__},
        "servers": [{"url": root_path or "/"}],
        "paths": paths,
        "components": {"schemas": schemas},
    })  # fmt: skip
    return described


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _moved(value: Any) -> Any:
    """Return the schema of lists with references to the components of this document."""
    if isinstance(value, dict):
        return {
            name: part.replace("#/$defs/", "#/components/schemas/")
            if name == "$ref"
            else _moved(part)
            for name, part in value.items()
        }
    return [_moved(part) for part in value] if isinstance(value, list) else value


def _id(place: str) -> dict[str, Any]:
    return {
        "name": "id", "in": place, "required": True,
        "schema": {"type": "string", "minLength": 1, "maxLength": MOST_ID},
    }  # fmt: skip


def _list(summary: str, parameters: list[Any], problems: tuple[WebProblem, ...]) -> dict[str, Any]:
    """Return the operation of an address that answers with a list in one of the formats."""
    content = {format_.media_type: {"schema": _schema_of(format_)} for format_ in FORMATS.values()}
    responses: dict[str, Any] = {"200": {"description": "The list.", "content": content}}
    responses |= _answers(problems)
    return {"summary": summary, "parameters": parameters, "responses": responses}


def _answers(problems: tuple[WebProblem, ...]) -> dict[str, Any]:
    """Return the answers that problems are, by status."""
    return {
        str(problem.value[0]): {
            "description": problem.value[1],
            "content": {"application/problem+json": {"schema": _ref("problem")}},
        }
        for problem in problems
    }


def _schema_of(format_: Format) -> dict[str, str]:
    if format_.name == "json":
        return _ref("list")
    return {"type": "object" if format_.media_type.endswith("json") else "string"}


def _page(
    summary: str, media_type: str, schema: dict[str, Any], *problems: WebProblem
) -> dict[str, Any]:
    content = {media_type: {"schema": schema}}
    return {
        "summary": summary,
        "responses": {"200": {"description": "It.", "content": content}, **_answers(problems)},
    }


_K = {
    "name": "k", "in": "query", "description": "Maximum length of the list.",
    "schema": {"type": "integer", "minimum": 1, "maximum": MOST_K, "default": DEFAULT_K},
}  # fmt: skip

_PROBLEMS_OF_LISTS = (
    WebProblem.WRONG_QUERY, WebProblem.UNKNOWN_ARTICLE, WebProblem.WRONG_FORMAT,
    WebProblem.TOO_SLOW,
)  # fmt: skip
_PROBLEMS_OF_DRAFTS = (
    WebProblem.UNREADABLE, WebProblem.WRONG_FORMAT, WebProblem.TOO_LARGE, WebProblem.NOT_JSON,
    WebProblem.WRONG_DRAFT, WebProblem.LATE, WebProblem.NO_DRAFTS, WebProblem.TOO_SLOW,
)  # fmt: skip

_PROBLEM = {
    "type": "object",
    "required": ["title", "status", "detail"],
    "properties": {
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
}

_DRAFT = {
    "type": "object",
    "description": "A title or a text with words is needed.",
    "additionalProperties": False,
    "properties": {
        "title": {"type": "string"},
        "text": {"type": "string"},
        "k": {"type": "integer", "minimum": 1, "maximum": MOST_K, "default": DEFAULT_K},
        "language": {
            "description": "A BCP 47 tag; by default the archive's own language.",
            "type": "string",
            "pattern": f"^{TAG}$",
        },
    },
    "anyOf": [
        {"required": [name], "properties": {name: {"type": "string", "pattern": "\\S"}}}
        for name in ("title", "text")
    ],
}

_HEALTH = {
    "type": "object",
    "required": ["status", "generation", "articles"],
    "properties": {
        "status": {"const": "ok"},
        "generation": {"description": "Number of committed changes.", "type": "integer"},
        "articles": {"type": "integer"},
    },
}
