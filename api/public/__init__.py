"""The API that workflows and scripts call: PagerDuty's shapes and our own, with a document of its own.

A group of calls is a module with a function ``…_router(api: PublicApi) -> APIRouter``, and one line in
``api.public.app``::

    class Message(StrictBody):              # or PagerDutyBody, which ignores unknown fields
        text: str

    def messages_router(api: PublicApi) -> APIRouter:
        router = api.router()               # every route asks for the token, and has an end

        @router.post("/v1/incidents/{incident}/messages", status_code=201, responses=errors(403, 404))
        async def post(incident: IncidentId, message: Message, caller: Caller, answer_by: AnswerBy) -> Sent:
            if ...:
                raise ApiError(404, "there is no such incident")

        return router

A route names its own answers: the model of its return value, and in ``errors`` the statuses that its
``ApiError``s have. 401, 429, 500 and 503 are every route's, 400 and 413 every body's. ``TemporalUnavailable``
and what ``muster.store.pool.UNAVAILABLE`` names are 503 wherever they are raised.
"""
