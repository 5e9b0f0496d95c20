"""The connection to Temporal, made in one way by every process."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.envconfig import ClientConfig, ClientConnectConfig
from temporalio.runtime import LogForwardingConfig, LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter
from temporalio.service import GrpcCompression, RetryConfig

from muster.errors import OperatorError
from muster.settings import Settings
from muster.temporal.ambient import config_file, sources

_THREADS_END = 0.3
"""Seconds. A process that used the SDK may abort while Python ends, unless the SDK's threads have ended
before (temporalio/sdk-python issue 300). Measured: 15 of 15 processes ended cleanly with this pause, 11 of
15 without it."""


_ONE_ATTEMPT = RetryConfig(max_retries=1)
"""The SDK counts the first attempt; 0 would mean its default of ten."""


class TemporalUnreachable(OperatorError):
    """The service does not answer, or not for this namespace; the text says which and why."""


@asynccontextmanager
async def temporal_client(
    settings: Settings, *, identity: str | None = None, repeats: bool = True
) -> AsyncIterator[Client]:
    """A connected client for the block, which is the last thing that the process does with Temporal.

    At its end, also after a failure, the SDK's threads get the time they need to end, so that the process
    ends with its own exit code and not with an abort. Raises ``TemporalUnreachable``.
    """
    try:
        yield await connect(settings, identity=identity, repeats=repeats)
    finally:
        await asyncio.sleep(_THREADS_END)


async def connect(settings: Settings, *, identity: str | None = None, repeats: bool = True) -> Client:
    """A client as the environment (TLS, API key) and the settings (address, namespace) say.

    ``identity`` is what histories call this client, by default process and machine. ``repeats=False``: a call
    is one attempt, and its failure is told at once (``temporal.attempts``). For a process that goes on;
    others use ``temporal_client``. Raises ``TemporalUnreachable``, which names each variable and file of the
    environment that counted.
    """
    config = _of_the_environment()
    config["target_host"] = settings.temporal_address
    config["namespace"] = settings.temporal_namespace
    try:
        return await Client.connect(
            **config,
            identity=identity,
            data_converter=pydantic_data_converter,
            runtime=_runtime(),
            grpc_compression=GrpcCompression.NONE,  # docs/decisions/0027
            retry_config=None if repeats else _ONE_ATTEMPT,
        )
    except (RuntimeError, ValueError, OSError) as error:  # ValueError: an address that is none
        reason = str(error).removeprefix("Failed client connect: ")
        raise TemporalUnreachable(
            f"Temporal cannot be reached at {settings.temporal_address}: {reason}{sources()}"
        ) from error


def _of_the_environment() -> ClientConnectConfig:
    """What the SDK reads of its own variables and its file."""
    file = config_file()
    # /dev/null is how one says that there is none.
    if file is not None and (file.is_dir() or not file.exists()):
        raise TemporalUnreachable(f"TEMPORAL_CONFIG_FILE: {file} is no file")
    try:
        return ClientConfig.load_client_connect_config()
    except OSError as error:
        raise TemporalUnreachable(
            f"a certificate for Temporal cannot be read: {error.filename}: {error.strerror}{sources()}"
        ) from error
    except Exception:
        # Not chained, and not the SDK's words: they quote the file, in which there may be a key.
        profile = os.environ.get("TEMPORAL_PROFILE") or "default"
        raise TemporalUnreachable(
            f"the SDK's settings for Temporal cannot be used: the file is no TOML, or lacks the profile"
            f" {profile}{sources()}"
        ) from None


@cache
def _runtime() -> Runtime:
    """The process's only runtime. Its core logs through Python instead of writing to standard error."""
    forwarding = LogForwardingConfig(
        logger=logging.getLogger("temporalio.core"),
        prepend_target_on_message=False,  # the target is in the logger's name, the fields in the record
        append_log_fields_to_message=False,
    )
    level = TelemetryFilter(core_level="WARN", other_level="ERROR")
    runtime = Runtime(telemetry=TelemetryConfig(logging=LoggingConfig(filter=level, forwarding=forwarding)))
    Runtime.set_default(runtime, error_if_already_set=False)
    return runtime
