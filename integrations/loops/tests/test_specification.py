"""The fake against Loops' own OpenAPI specification, where a copy of it is at hand.

Run with ``LOOPS_OPENAPI=loops-openapi.yaml pytest integrations/loops``.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from integrations.core import errors
from integrations.core.workbook import Mock

SPEC = os.environ.get("LOOPS_OPENAPI", "")
pytestmark = pytest.mark.skipif(not SPEC, reason="LOOPS_OPENAPI names no copy of the specification")
RESET = {"transactional_id": "clpasswordreset01", "data_variables": {"resetUrl": "x"}}
ME = {"email": "a@acme.example"}


@pytest.fixture
def spec() -> dict[str, Any]:
    loaded = yaml.safe_load(Path(SPEC).read_text(encoding="utf-8"))
    found: dict[str, Any] = json.loads(json.dumps(loaded, default=str))
    return found


def wrong(spec: dict[str, Any], schema: dict[str, Any], value: object) -> list[str]:
    contents = {"$schema": "https://json-schema.org/draft/2020-12/schema", **spec}
    registry: Registry[Any] = Registry().with_resource("urn:spec", Resource.from_contents(contents))
    absolute = json.loads(json.dumps(schema).replace('"#/components', '"urn:spec#/components'))
    if "oneOf" in absolute:
        # The shapes of a refusal are not exclusive: one with more fields fits the general one too.
        absolute["anyOf"] = absolute.pop("oneOf")
    checker = Draft202012Validator(absolute, registry=registry)
    return [each.message for each in checker.iter_errors(value)]


CALLS: list[tuple[str, dict[str, Any]]] = [
    ("test_api_key", {}),
    ("list_sending_ips", {}),
    ("list_mailing_lists", {}),
    ("list_contact_properties", {}),
    ("create_contact_property", {"name": "plan", "type": "date"}),
    ("create_contact_property", {"name": "plan", "type": "date"}),
    ("create_contact", {**ME, "mailing_lists": {"cllistproductnews": True}}),
    ("create_contact", ME),
    ("update_contact", {**ME, "user_id": "u", "properties": {"seats": 2}}),
    ("update_contact", {**ME, "properties": {"unknown": 2}}),
    ("find_contact", ME),
    ("find_contact", {"user_id": "nobody"}),
    ("get_suppression", ME),
    ("get_suppression", {"user_id": "nobody"}),
    ("remove_suppression", ME),
    ("send_transactional", {**ME, **RESET, "idempotency_key": "k"}),
    ("send_transactional", {**ME, **RESET, "idempotency_key": "k"}),
    ("send_transactional", {**ME, "transactional_id": "clpasswordreset01"}),
    ("send_transactional", {**ME, "transactional_id": "clnosuch"}),
    ("send_transactional", {**ME, "transactional_id": "clreceiptdraft001"}),
    ("send_event", {"event_name": "e", "user_id": "u", "idempotency_key": "e"}),
    ("send_event", {"event_name": "e", "user_id": "u", "idempotency_key": "e"}),
    ("list_transactional_emails", {}),
    ("bounce", ME),
    ("remove_suppression", ME),
    ("delete_contact", ME),
    ("delete_contact", ME),
]


def test_requests_answers_and_webhooks_are_as_specified(lab: Mock, spec: dict[str, Any]) -> None:
    for method, arguments in CALLS:
        try:
            if method == "bounce":
                lab.fake.bounce(**arguments)
            else:
                list(getattr(lab.client, method)(**arguments) or ())
        except (errors.ProviderError, TypeError):
            pass
    assert len(lab.outbox) >= len(CALLS) - 1
    for sent, each in zip(lab.fake.requests, lab.outbox, strict=True):
        operation = spec["paths"][sent.path.removeprefix("/api")][sent.method.lower()]
        if sent.body:
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            assert wrong(spec, schema, sent.json()) == [], sent
        assert each.response is not None
        declared = operation["responses"][str(each.response.status)]
        schema = declared["content"]["application/json"]["schema"]
        assert wrong(spec, schema, each.response.json()) == [], (sent, each.response)
    schemas = spec["components"]["schemas"]
    for delivery in lab.fake.deliveries():
        words = delivery.event.replace(".", " ").split()
        name = "Webhook" + "".join(word[0].upper() + word[1:] for word in words) + "Payload"
        assert wrong(spec, schemas[name], json.loads(delivery.body)) == [], delivery
