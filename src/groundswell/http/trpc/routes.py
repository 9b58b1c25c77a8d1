"""``/trpc/{paths}``: queries by GET, mutations by POST, alone or in batches."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from groundswell.access.principal import Principal
from groundswell.contract.errors import GroundswellError
from groundswell.http.body import ApiRequest, require_json
from groundswell.http.callers import Callers
from groundswell.http.decoding import decode_json
from groundswell.http.failures import report_unexpected
from groundswell.http.refusals import note
from groundswell.http.trpc.calls import Call, calls_of
from groundswell.http.trpc.envelopes import (
    Answer,
    failure,
    failure_of_status,
    result,
    status_of,
)
from groundswell.http.trpc.procedures import Procedure, ProcedureKind

_encoder = msgspec.json.Encoder()


def trpc_routes(procedures: Sequence[Procedure], callers: Callers) -> list[HTTPRouteHandler]:
    """The two routes that serve these procedures. Errors leave them in tRPC's own shape."""
    router = Router({procedure.name: procedure for procedure in procedures}, callers)

    @get("/trpc/{paths:str}", include_in_schema=False)
    async def trpc_query(request: ApiRequest, paths: FromPath[str]) -> Response[bytes]:
        return await router.answer(request, paths, "query")

    @post("/trpc/{paths:str}", include_in_schema=False)
    async def trpc_mutation(request: ApiRequest, paths: FromPath[str]) -> Response[bytes]:
        return await router.answer(request, paths, "mutation")

    return [trpc_query, trpc_mutation]


class Router:
    """Finds and runs the procedures a request names."""

    def __init__(self, procedures: Mapping[str, Procedure], callers: Callers) -> None:
        self._procedures = procedures
        self._callers = callers

    async def answer(self, request: ApiRequest, paths: str, kind: ProcedureKind) -> Response[bytes]:
        """The response to one request; a batch answers with an array."""
        batched = request.query_params.get("batch") == "1"
        try:
            caller = await self._callers.of(request.scope)
            calls = calls_of(paths, batched=batched, sent=await _sent(request, kind))
        except GroundswellError as error:
            return _refused(request, failure(error, None))
        except HTTPException as error:
            return _refused(request, failure_of_status(error.status_code, None))
        answers = await asyncio.gather(*(self._run(call, kind, caller) for call in calls))
        for call, answer in zip(calls, answers, strict=True):
            if answer.problem is not None:
                known = f"/trpc/{call.path}" if call.path in self._procedures else None
                note(request.scope, answer.problem, route=known)
        return _respond(answers, batched=batched)

    async def _run(self, call: Call, kind: ProcedureKind, caller: Principal) -> Answer:
        """One call. It fails alone: what goes wrong is an answer, so its neighbours go on."""
        procedure = self._procedures.get(call.path)
        if procedure is None:
            return failure_of_status(404, call.path, f'No procedure found on path "{call.path}"')
        if procedure.kind != kind:
            return failure_of_status(405, call.path, _wrong_method(procedure))
        try:
            return result(await procedure.call(decode_json(call.input, procedure.input), caller))
        except GroundswellError as error:
            return failure(error, call.path)
        except Exception as error:
            report_unexpected(error)
            return failure_of_status(500, call.path)


async def _sent(request: ApiRequest, kind: ProcedureKind) -> bytes:
    """The JSON of the inputs: in the query of a GET, in the body of a POST."""
    if kind == "query":
        text: str = request.query_params.get("input", "")
        return text.encode("utf-8", "surrogatepass")
    body = await request.body()
    if body:
        require_json(request.scope)
    return body


def _wrong_method(procedure: Procedure) -> str:
    method = "GET" if procedure.kind == "query" else "POST"
    return f'"{procedure.name}" is a {procedure.kind}: send it as {method}'


def _refused(request: ApiRequest, answer: Answer) -> Response[bytes]:
    """The response to a request of which no call was looked at."""
    if answer.problem is not None:
        note(request.scope, answer.problem)
    return _respond([answer], batched=False)


def _respond(answers: Sequence[Answer], *, batched: bool) -> Response[bytes]:
    bodies: Any = [answer.body for answer in answers]
    waits = [answer.retry_after for answer in answers if answer.retry_after is not None]
    return Response(
        _encoder.encode(bodies if batched else bodies[0]),
        status_code=status_of(answers),
        media_type="application/json",
        headers={"retry-after": str(max(waits))} if waits else {},
    )
