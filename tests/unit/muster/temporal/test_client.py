"""A process that used the SDK ends with its own exit code, and a failure names what it was configured by."""

import asyncio
import os
import re

import pytest

from muster.temporal.client import TemporalUnreachable, connect, temporal_client
from muster.temporal.search_attributes import require_search_attributes
from tests.support.settings import settings_for

pytestmark = pytest.mark.anyio


async def test_the_sdks_threads_get_time_to_end_after_a_failure_too():
    loop = asyncio.get_running_loop()
    began = loop.time()
    with pytest.raises(TemporalUnreachable, match=r"Temporal cannot be reached at 127\.0\.0\.1:1: "):
        async with temporal_client(settings_for("postgresql://unused", "127.0.0.1:1")):
            pass
    assert loop.time() - began >= 0.3


NO_TLS_HERE = r"Temporal cannot be reached at 127\.0\.0\.1:\d+: .*\. Of the environment counted "


@pytest.fixture(autouse=True)
def nothing_of_the_shells(monkeypatch, tmp_path):
    for name in [name for name in os.environ if name.startswith("TEMPORAL_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "none"))


async def refusal(server):
    """What is said of a server that is there, and speaks no TLS."""
    with pytest.raises(TemporalUnreachable) as refused:
        await connect(settings_for("postgresql://unused", server.address))
    assert "geheim" not in repr(refused.value)
    return str(refused.value)


@pytest.mark.parametrize(
    "variables",
    [
        {"TEMPORAL_API_KEY": "geheim"},
        {"TEMPORAL_TLS": "true"},
        {"TEMPORAL_API_KEY": "geheim", "TEMPORAL_NAMESPACE": "other", "TEMPORAL_TLS_SERVER_NAME": "x"},
    ],
)
async def test_a_failure_names_the_variables_that_counted(temporal, monkeypatch, variables):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    said = await refusal(temporal)
    assert re.fullmatch(NO_TLS_HERE + re.escape(", ".join(sorted(variables))), said)


@pytest.mark.parametrize("named", [True, False])
async def test_a_failure_names_the_file_that_counted(temporal, monkeypatch, tmp_path, named):
    folder = tmp_path / "temporalio"
    folder.mkdir()
    file = folder / "temporal.toml"
    file.write_text('[profile.default]\napi_key = "geheim"\n')
    if named:
        monkeypatch.setenv("TEMPORAL_CONFIG_FILE", str(file))
    else:
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    counted = ("TEMPORAL_CONFIG_FILE, " if named else "") + f"the file {file}"
    assert re.fullmatch(NO_TLS_HERE + re.escape(counted), await refusal(temporal))


@pytest.mark.parametrize(
    ("content", "profile", "complaint"),
    [
        ("[profile.default]\napi_key = geheim\n", None, "no TOML, or lacks the profile default. "),
        ('[profile.default]\naddress = "x"\n', "prod", "no TOML, or lacks the profile prod. "),
        (None, None, "is no file"),
    ],
)
async def test_a_file_that_cannot_be_used_is_a_sentence(
    temporal, monkeypatch, tmp_path, content, profile, complaint
):
    file = tmp_path / "temporal.toml"
    if content is not None:
        file.write_text(content)
    monkeypatch.setenv("TEMPORAL_CONFIG_FILE", str(file))
    if profile is not None:
        monkeypatch.setenv("TEMPORAL_PROFILE", profile)
    said = await refusal(temporal)
    assert complaint in said
    assert str(file) in said


async def test_a_certificate_that_is_not_there_is_named_with_its_variable(temporal, monkeypatch):
    monkeypatch.setenv("TEMPORAL_TLS_SERVER_CA_CERT_PATH", "/nowhere.pem")
    assert await refusal(temporal) == (
        "a certificate for Temporal cannot be read: /nowhere.pem: No such file or directory."
        " Of the environment counted TEMPORAL_TLS_SERVER_CA_CERT_PATH"
    )


async def test_a_namespace_that_is_not_there_is_named_with_its_variable(temporal, monkeypatch):
    monkeypatch.setenv("TEMPORAL_NAMESPACE", "elsewhere")
    settings = settings_for("postgresql://unused", temporal.address, TEMPORAL_NAMESPACE="elsewhere")
    with pytest.raises(TemporalUnreachable) as refused:
        await require_search_attributes(await connect(settings))
    assert "the namespace elsewhere" in str(refused.value)
    assert str(refused.value).endswith("Of the environment counted TEMPORAL_NAMESPACE")
