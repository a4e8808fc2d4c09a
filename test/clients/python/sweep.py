"""Calls every operation of Huawei's Python SDK, huaweicloudsdkkms, twice: as it should be called, and wrongly.

Endpoint and credentials come from the environment. One line of JSON a call tells what came and what was expected (test/e2e/api/clients.test.ts
makes a test of each); the first line names all operations that the SDK has.
"""

import json
import os
import sys
from types import SimpleNamespace

import huaweicloudsdkkms.v2 as kms
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import ServiceResponseException

import given
import rows


def connect(project_id):
    credentials = BasicCredentials(os.environ["HUAWEICLOUD_SDK_AK"], os.environ["HUAWEICLOUD_SDK_SK"], project_id)
    return kms.KmsClient.new_builder().with_credentials(credentials).with_endpoint(os.environ["KMS_ENDPOINT"]).build()


def typed(kind, value):
    """A value as the SDK's own type of that name."""
    if kind.startswith("list["):
        return [typed(kind[5:-1], one) for one in value]
    model = getattr(kms, kind, None)
    if model is None:
        return value
    return model(**{name: typed(model.openapi_types[name], one) for name, one in value.items()})


def request_of(operation, fields):
    """The SDK's request of an operation; each field goes where the SDK has it, into the path, the query or the body."""
    name = "".join(part.capitalize() for part in operation.split("_"))
    types = getattr(kms, f"{name}Request").openapi_types
    request = {field: value for field, value in fields.items() if field in types}
    if "body" in types:
        body = getattr(kms, types["body"]).openapi_types
        request["body"] = {field: value for field, value in fields.items() if field in body}
    return typed(f"{name}Request", request)


def answer_of(client, operation, fields):
    return getattr(client, operation)(request_of(operation, fields))


def outcome(client, operation, fields, holds=None):
    """Gives "works", the status and code of a refusal, or what came instead of both. A failing row does not keep the others from being tried."""
    try:
        answer = answer_of(client, operation, fields())
        return "works" if holds is None or holds(answer) else f"an answer that does not hold: {answer}"
    except ServiceResponseException as error:
        whole = error.error_msg and error.request_id
        return f"{error.status_code} {error.error_code}" if whole else f"a refusal that lacks something: {error}"
    except Exception as error:
        return repr(error)


def tell(**what):
    print(json.dumps(what), flush=True)


def main():
    project_id = os.environ["HUAWEICLOUD_SDK_PROJECT_ID"]
    own, foreign = connect(project_id), connect("0" * 32)
    names = [name for name in vars(kms.KmsClient) if not name.startswith("_") and f"{name}_invoker" in vars(kms.KmsClient)]
    tell(operations=sorted(names))
    state = SimpleNamespace(call=lambda operation, **fields: answer_of(own, operation, fields))
    given.prepare(state)
    for operation, (fields, expected), invalid in rows.rows(state):
        holds = expected if callable(expected) else None
        wanted = "works" if callable(expected) else expected
        tell(operation=operation, input="valid", expected=wanted, got=outcome(own, operation, fields, holds))
        if invalid is None:
            continue
        wrong, wanted = invalid
        client, wrong = (foreign, fields) if wrong is rows.in_a_foreign_project else (own, wrong)
        tell(operation=operation, input="invalid", expected=wanted, got=outcome(client, operation, wrong))


if __name__ == "__main__":
    sys.exit(main())
