"""DATABASE_URL: libpq's form of an address; what cannot be kept is refused by its name."""

import getpass
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr

from muster.store.database_address import DatabaseAddress, Host, WrongDatabaseUrl
from muster.store.database_url import parse_database_url

SECRET = "do-not-show"
BASE: dict[str, Any] = {
    "hosts": (Host("db"),),
    "user": "muster",
    "password": SecretStr(SECRET),
    "database": "incidents",
}


def address(**changes: Any) -> DatabaseAddress:
    return DatabaseAddress(**BASE | changes)


@pytest.mark.parametrize(
    ("url", "changes"),
    [
        ("postgresql://muster:{}@db/incidents", {}),
        ("POSTGRES://muster:{}@db:5432/incidents\n", {}),
        ("postgresql://muster:{}@db:/incidents", {}),
        ("postgresql://muster:{}@db/muster", {"database": "muster"}),
        ("postgresql://muster:{}@db", {"database": "muster"}),
        ("postgresql://muster:{}@db:6000/incidents", {"hosts": (Host("db", 6000),)}),
        ("postgresql://muster:{}@[::1]/incidents", {"hosts": (Host("::1"),)}),
        ("postgresql://muster:{}@[fe80::1%25eth0]:1/incidents", {"hosts": (Host("fe80::1%eth0", 1),)}),
        ("postgresql://muster:{}@%2Frun%2Fpg/incidents", {"hosts": (Host("/run/pg"),)}),
        ("postgresql://muster:{}@/incidents?host=/run/pg", {"hosts": (Host("/run/pg"),)}),
        ("postgresql://muster:{}@/incidents?host=::1&port=7", {"hosts": (Host("::1", 7),)}),
        ("postgresql://muster:{}@/incidents", {"hosts": (Host("/var/run/postgresql"),)}),
        ("postgresql://muster:{}@a,b:7/incidents", {"hosts": (Host("a"), Host("b", 7))}),
        ("postgresql://muster:{}@/incidents?host=a,b&port=7", {"hosts": (Host("a", 7), Host("b", 7))}),
        ("postgresql://muster:{}@/incidents?host=a,b&port=7,8", {"hosts": (Host("a", 7), Host("b", 8))}),
        ("postgresql://muster:{}@first/incidents?host=db", {}),
        ("postgresql://?host=db&user=muster&password={}&dbname=incidents", {}),
        ("postgresql://muster:%40%2F%3A%3F%23%25%20%C3%A9@db/incidents", {"password": SecretStr("@/:?#% é")}),
        ("postgresql://muster:a:b#c+d[e]@db/incidents", {"password": SecretStr("a:b#c+d[e]")}),
        ("postgresql://muster:a@b@db/incidents", {"password": SecretStr("a@b")}),
        ("postgresql://muster@db/incidents", {"password": SecretStr("")}),
        ("postgresql://m%40x:{}@db/a%2Fb", {"user": "m@x", "database": "a/b"}),
    ],
)  # fmt: skip
def test_an_address_is_taken_apart_as_libpq_does(url: str, changes: dict[str, Any]) -> None:
    assert parse_database_url(url.replace("{}", SECRET)) == address(**changes)


def test_without_a_user_it_is_that_of_the_process() -> None:
    found = parse_database_url("postgresql://db")
    assert (found.user, found.database) == (getpass.getuser(), getpass.getuser())


def test_a_process_whose_user_has_no_name_must_be_told_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> str:
        raise KeyError("getpwuid(): uid not found")

    monkeypatch.setattr(getpass, "getuser", nameless)
    with pytest.raises(WrongDatabaseUrl, match="names no user"):
        parse_database_url("postgresql://db/incidents")


@pytest.mark.parametrize(
    ("parameters", "changes"),
    [
        (f"sslmode={mode}", {"sslmode": mode})
        for mode in ("disable", "allow", "prefer", "require", "verify-full")
    ]
    + [
        ("ssl=true", {"sslmode": "require"}),
        ("ssl=true&sslmode=verify-full", {"sslmode": "verify-full"}),
        ("sslmode=verify-ca&sslrootcert=/ca.pem", {"sslmode": "verify-ca", "sslrootcert": "/ca.pem"}),
        ("sslmode=verify-full&sslrootcert=system", {"sslmode": "verify-full", "sslrootcert": "system"}),
        ("sslcert=/c.pem&sslkey=/k.pem", {"sslcert": "/c.pem", "sslkey": "/k.pem"}),
        ("connect_timeout=10", {"connect_timeout": 10}),
        ("application_name=muster%20eu", {"application_name": "muster eu"}),
        ("target_session_attrs=read-write", {"session_target": "read-write"}),
        ("channel_binding=prefer&gssencmode=disable", {}),
        (
            "options=-c%20a%3Db&search_path=x",
            {"server_settings": (("options", "-c a=b"), ("search_path", "x"))},
        ),
    ],
)
def test_a_parameter_is_kept(parameters: str, changes: dict[str, Any]) -> None:
    assert parse_database_url(f"postgresql://muster:{SECRET}@db/incidents?{parameters}") == address(**changes)


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("mysql://muster:{}@db/x", "it has to begin with postgresql://"),
        ("postgresql+asyncpg://muster:{}@db/x", "it has to begin with postgresql://"),
        ("host=db password={}", "it has to begin with postgresql://"),
        ("", "it has to begin with postgresql://"),
        ("postgresql://muster:a/{}@db/x", "an @ stands behind the host"),
        ("postgresql://muster:a?{}=1@db/x", "an @ stands behind the host"),
        ("postgresql://muster:100%{}@db/x", "a % stands for itself"),
        ("postgresql://muster:%ff{}@db/x", "not UTF-8"),
        ("postgresql://muster:%00{}@db/x", "%00 is no character"),
        ("postgresql://muster:{}@::1/x", "an IPv6 address stands in [ ]"),
        ("postgresql://muster:{}@[::1/x", "an IPv6 address stands in [ ]"),
        ("postgresql://muster:{}@db:http/x", "its port is no number from 1 to 65535"),
        ("postgresql://muster:{}@db:0/x", "its port is no number from 1 to 65535"),
        ("postgresql://muster:{}@db:65536/x", "its port is no number from 1 to 65535"),
        ("postgresql://muster:{}@db:²/x", "its port is no number from 1 to 65535"),
        ("postgresql://muster:{}/x", "its port is no number from 1 to 65535"),
        ("postgresql://muster:{}@a,,b/x", "one of its hosts is empty"),
        ("postgresql://muster:{}@a b/x", "its host is no name of a host"),
        ("postgresql://muster:{}@" + "a" * 64 + ".example/x", "its host is no name of a host"),
        ("postgresql://muster:{}@a,b,c/x?port=1,2", "there are 3 hosts and 2 ports"),
        ("postgresql://muster:{}@db/x?sslmode", "a parameter behind the ? has no value"),
        ("postgresql://muster:{}@db/x?sslmode=allow&sslmode=allow", "sslmode stands there twice"),
        ("postgresql://muster:{}@db/x?sslmode=on", "sslmode is one of disable, allow, prefer"),
        ("postgresql://muster:{}@db/x?colour={}", "nobody here knows the parameter 'colour'"),
        ("postgresql://muster:{}@db/x?keepalives=1", "nobody here knows the parameter 'keepalives'"),
        ("postgresql://muster:{}@db/x?pgbouncer=true", "nobody here knows the parameter 'pgbouncer'"),
        ("postgresql://muster:{}@db/x?ssl=yes", "nobody here knows the parameter 'ssl'"),
        ("postgresql://muster:{}@db/x?channel_binding=require", "channel_binding=require cannot be kept"),
        ("postgresql://muster:{}@db/x?channel_binding=on", "channel_binding is one of"),
        ("postgresql://muster:{}@db/x?gssencmode=require", "gssencmode=require cannot be kept"),
        ("postgresql://muster:{}@db/x?connect_timeout=soon", "connect_timeout is a number of seconds"),
        ("postgresql://muster:{}@db/x?connect_timeout=0", "connect_timeout is a number of seconds"),
        ("postgresql://muster:{}@db/x?connect_timeout=-1", "connect_timeout is a number of seconds"),
        ("postgresql://muster:{}@db/x?target_session_attrs=master", "target_session_attrs is one of any"),
        ("postgresql://muster:{}@db/x?sslmode=verify-ca", "sslmode=verify-ca needs sslrootcert"),
        ("postgresql://muster:{}@db/x?sslmode=verify-ca&sslrootcert=system", "sslmode=verify-ca needs"),
        ("postgresql://muster:{}@db/x?sslrootcert=system", "sslrootcert=system needs sslmode=verify-full"),
        ("postgresql://muster:{}@db/x?sslcert=/c.pem", "sslcert and sslkey belong together"),
    ],
)  # fmt: skip
def test_what_cannot_be_kept_is_refused_without_the_password(url: str, complaint: str) -> None:
    with pytest.raises(WrongDatabaseUrl, match=re.escape(complaint)) as refused:
        parse_database_url(url.replace("{}", SECRET))
    assert SECRET not in str(refused.value)


def test_its_text_is_the_place_alone() -> None:
    found = parse_database_url(f"postgresql://muster:{SECRET}@[::1]:1,b/incidents?host=::1,/run/pg&port=1,2")
    assert str(found) == "[::1]:1, /run/pg/.s.PGSQL.2/incidents"
    assert SECRET not in repr(found)


@pytest.mark.parametrize(
    ("parameters", "tls", "expected"),
    [
        ("", False, {"sslmode": "disable"}),
        ("", True, {"sslmode": "require"}),
        ("sslmode=verify-full", True, {"sslmode": "verify-full"}),
        ("sslmode=verify-full&sslrootcert=system", True, {"sslmode": "verify-full"}),
        (
            "sslmode=verify-ca&sslrootcert=/a%26b.pem&connect_timeout=9&search_path=x",
            True,
            {"sslmode": "verify-ca", "sslrootcert": "/a&b.pem", "connect_timeout": "9", "search_path": "x"},
        ),
    ],
)
def test_dbmate_is_told_how_it_was_reached(parameters: str, tls: bool, expected: dict[str, str]) -> None:
    found = parse_database_url(f"postgresql://m%2Fx:p%40%3F@first,[::1]:7/a%2Fb?{parameters}")
    url = urlsplit(found.for_dbmate(found.hosts[1], tls=tls))
    assert (url.scheme, url.netloc, url.path) == ("postgres", "m%2Fx:p%40%3F@", "/a%2Fb")
    defaults = {"host": "::1", "port": "7", "connect_timeout": "5", "application_name": "muster"}
    assert {name: value for name, (value,) in parse_qs(url.query).items()} == defaults | expected
