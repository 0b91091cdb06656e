"""Which servers answer from this computer. Asks each for the head of one document; fetches nothing, changes nothing."""

import threading
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

TIMEOUT_S = 2.0


def unreachable_servers(
    urls: tuple[str, ...], proxies: Mapping[str, str], *, timeout_s: float = TIMEOUT_S
) -> dict[str, str]:
    """The URLs that cannot be had from here, and what was seen instead; all are asked at once.

    Returns after `timeout_s` seconds at the latest, whatever a name server or a firewall makes of it. An address without a
    server, such as `file:///…`, is not asked for.

    Args:
        urls: documents that exist where all is well.
        proxies: `http`, `https` and `no_proxy`; where it is empty, the environment decides.
        timeout_s: for all together.
    """
    asked = [url for url in dict.fromkeys(urls) if urlsplit(url).scheme in {"http", "https"}]
    seen = dict.fromkeys(asked, f"no answer within {timeout_s:g} s")

    def ask(url: str) -> None:
        seen[url] = _seen(url, proxies, timeout_s)

    # Daemons: one that hangs is left behind, and ends with the program.
    threads = [threading.Thread(target=ask, args=(url,), daemon=True) for url in asked]
    deadline = time.monotonic() + timeout_s
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return {url: what for url, what in seen.copy().items() if what}


def _seen(url: str, proxies: Mapping[str, str], timeout_s: float) -> str:
    """What came instead of the document; empty when it is there."""
    import urllib.error
    import urllib.request

    opener = urllib.request.build_opener(urllib.request.ProxyHandler(_proxies_for(url, proxies)))
    head = urllib.request.Request(url, method="HEAD")  # noqa: S310 - the scheme was looked at before
    try:
        with opener.open(head, timeout=timeout_s):
            return ""
    except urllib.error.HTTPError as error:
        return f"answered {error.code} {error.reason}".strip()
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        return getattr(reason, "strerror", None) or str(reason) or type(error).__name__


def _proxies_for(url: str, proxies: Mapping[str, str]) -> dict[str, str] | None:
    """None lets urllib read the environment."""
    if not proxies:
        return None
    host = urlsplit(url).hostname or ""
    direct = [name.strip().lstrip(".") for name in proxies.get("no_proxy", "").split(",")]
    if any(name and (host == name or host.endswith(f".{name}")) for name in direct):
        return {}
    return {scheme: proxies[scheme] for scheme in ("http", "https") if scheme in proxies}
