"""Answer errors: in PagerDuty's shape by the API, in FastAPI's by ``/_sandbox``, as a page to people."""

from fastapi import FastAPI, Request, Response
from fastapi.exception_handlers import http_exception_handler, request_validation_exception_handler
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from sandbox.pagerduty import errors
from sandbox.pagerduty.page.rendering import Pages, is_page


def add_error_handlers(app: FastAPI, pages: Pages) -> None:
    """Answer every error of the application."""

    @app.exception_handler(errors.ApiError)
    async def api_error(request: Request, error: errors.ApiError) -> Response:
        if is_page(request):
            return pages.missing(request)
        return JSONResponse(error.body(), status_code=error.status, headers=error.headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        if _is_sandbox_call(request):
            return await request_validation_exception_handler(request, error)
        texts = (f"{'.'.join(str(part) for part in one['loc'][1:])}: {one['msg']}" for one in error.errors())
        return await api_error(request, errors.invalid_input(*texts))

    @app.exception_handler(ValidationError)
    async def invalid_form(request: Request, error: ValidationError) -> Response:
        texts = (f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in error.errors())
        return await api_error(request, errors.invalid_input(*texts))

    @app.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> Response:
        if _is_sandbox_call(request):
            return await http_exception_handler(request, error)
        if is_page(request):
            return pages.missing(request)
        return JSONResponse(errors.not_found().body(), status_code=error.status_code, headers=error.headers)


def _is_sandbox_call(request: Request) -> bool:
    return request.url.path.startswith("/_sandbox")
