"""The answer that a fault puts in the place of the real one."""

import json

from starlette.responses import Response

from sandbox.faults import Fault


def fault_answer(fault: Fault) -> Response:
    """The fault's status and body: a text as it is, else JSON; without one, an error in PagerDuty's shape."""
    headers = {} if fault.retry_after is None else {"Retry-After": f"{fault.retry_after:g}"}
    status = fault.status or 500
    if isinstance(fault.body, str):
        return Response(fault.body.encode(errors="surrogatepass"), status, headers, media_type="text/html")
    body = fault.body
    if "body" not in fault.model_fields_set:
        code = 2020 if status == 429 else 2000
        body = {"error": {"message": "Fault on demand", "code": code, "errors": []}}
    # In ASCII, since a body can hold what UTF-8 has not: half a pair of surrogates.
    return Response(json.dumps(body), status, headers, media_type="application/json")
