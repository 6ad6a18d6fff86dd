"""How far a question may reach: the public network, and no secret of this machine.

A study may come from a stranger, and names the hosts that are asked. So none of them
is asked on this machine or its own network, no password that is kept here for a host
(``.netrc``) is sent, and no cookie is kept.
"""

from http.cookiejar import DefaultCookiePolicy
from ipaddress import IPv4Address, IPv6Address, ip_address
from socket import socket
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from migration.errors import Blocked
from migration.sources.hosts import PRIVATE_HOSTS, is_named


def reaching_session() -> requests.Session:
    """A session that reaches public hosts, and what ``MIGRATION_PRIVATE_HOSTS`` names.

    A proxy of the environment is used, and then reaches what its own rules let it.
    """
    session = requests.Session()
    session.auth = _nobody
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("http://", "https://"):
        session.mount(scheme, _Reaching())
    return session


def check_reach(host: str, reached: str) -> None:
    """Refuse an address that is reached only from here, unless its host is named.

    Raises
    ------
    Blocked
        With the variable that allows it.
    """
    if _is_public(reached) or is_named(host):
        return
    raise Blocked(
        f"{host} is {reached}, on this machine or a network of its own, where a study "
        f"must not lead: name the host in {PRIVATE_HOSTS} if you mean it"
    )


def _is_public(reached: str) -> bool:
    """Whether an address is one of the public network; a name is not known yet."""
    try:
        found: IPv4Address | IPv6Address = ip_address(reached.partition("%")[0])
    except ValueError:
        return True
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return found.is_global


def _nobody(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Authenticate as nobody; without this, a file of passwords is looked into."""
    return request


class _Checked(HTTPConnection):
    """A connection that looks where it leads before a byte is sent.

    What a name means is known for certain only here: it may mean something else when
    it is asked a second time.
    """

    def _new_conn(self) -> socket:
        made = super()._new_conn()
        try:
            check_reach(self.host, str(made.getpeername()[0]))
        except BaseException:
            made.close()
            raise
        return made


class _CheckedLocked(_Checked, HTTPSConnection):
    """The same over TLS."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Checked


class _LockedPool(HTTPSConnectionPool):
    ConnectionCls = _CheckedLocked


class _Reaching(HTTPAdapter):
    """Connects by the checked connections; a proxy's own are left as they are."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """As the parent class, with pools of ours."""
        super().init_poolmanager(*args, **options)
        pools = {"http": _Pool, "https": _LockedPool}
        self.poolmanager.pool_classes_by_scheme = pools

    def send(
        self, request: requests.PreparedRequest, *args: Any, **options: Any
    ) -> requests.Response:
        """Refuse an address written as such before any proxy is asked for it."""
        host = urlsplit(request.url or "").hostname or ""
        check_reach(host, "127.0.0.1" if host == "localhost" else host)
        return super().send(request, *args, **options)
