"""Have a Zabbix server watch the hosts that are listed, by the template that is given, and tell whom it shall. Through its API alone.

Twice is once. What was made here is found by its mark, and goes when it is wanted no more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.orchestrate.gpu.plugins.module_utils.running import Answer, HostError
from ansible_collections.orchestrate.gpu.plugins.module_utils.zabbix import alerts as alerting
from ansible_collections.orchestrate.gpu.plugins.module_utils.zabbix.api import Api
from ansible_collections.orchestrate.gpu.plugins.module_utils.zabbix.wishes import (
    Host,
    Shared,
    changes,
    created,
    differences,
    is_ours,
)

STOCK_HOST = "Zabbix server"
STOCK_TEMPLATE = "Zabbix server health"
"""Zabbix comes with a host for itself that asks an agent without encryption; its own figures need none."""

_EVERY = {"createMissing": True, "updateExisting": True, "deleteMissing": True}
_NEW_ONLY = {"createMissing": True, "updateExisting": False}


@dataclass(frozen=True)
class Wish:
    """A server's configuration as it shall be."""

    user: str
    templates: Mapping[str, str]
    """The template to import, by the release of Zabbix that it is written for."""
    linked: Sequence[str]
    """Names of the templates that every host has."""
    group: str
    hosts: Sequence[Host]
    macros: Mapping[str, str] = field(default_factory=dict)
    alerts: Sequence[Mapping[str, Any]] = ()


def bring_about(api: Api, wish: Wish, *, write: bool) -> Answer:
    """Change what is not as it shall be.

    Returns:
        What was done; without `write`, what would be.

    Raises:
        HostError: Zabbix refuses something, or a host of that name is somebody else's.
    """
    answer = Answer(write=write)
    _template(api, wish, answer)
    _hosts(api, wish, answer)
    _stock_host(api, answer)
    _alerts(api, wish, answer)
    return answer


def _template(api: Api, wish: Wish, answer: Answer) -> None:
    known = {
        tuple(int(part) for part in release.split(".")): text for release, text in wish.templates.items()
    }
    fitting = [release for release in known if release <= api.version]
    if not fitting:
        return
    rules: dict[str, object] = dict.fromkeys(
        ("discoveryRules", "graphs", "items", "templateDashboards", "triggers", "valueMaps"), _EVERY
    )
    rules["templates"] = {"createMissing": True, "updateExisting": True}
    rules["templateLinkage"] = {"createMissing": True, "deleteMissing": True}
    rules |= (
        {"groups": _NEW_ONLY}
        if api.version < (6, 2)
        else {"template_groups": _NEW_ONLY, "host_groups": _NEW_ONLY}
    )
    asked = {"format": "yaml", "source": known[max(fitting)], "rules": rules}
    found = differences(api.call("configuration.importcompare", asked))
    if found:
        answer.do(f"imported the template ({', '.join(found)})", api.call, "configuration.import", asked)


def _hosts(api: Api, wish: Wish, answer: Answer) -> None:
    names = {host.name: host for host in wish.hosts}
    groups_key = "selectGroups" if api.version < (6, 2) else "selectHostGroups"
    found = {
        each["host"]: each
        for each in api.call(
            "host.get",
            {
                "output": ["hostid", "host", "description", "tls_connect"],
                "selectInterfaces": "extend",
                "selectParentTemplates": ["templateid"],
                "selectTags": ["tag", "value"],
                "selectMacros": ["macro", "value", "type", "description"],
                groups_key: ["groupid"],
            },
        )
    }
    group = _group(api, wish.group, answer) if wish.hosts else ""
    templates = _ids(api, wish.linked) if wish.hosts else {}
    shared = Shared([group], [templates[name] for name in wish.linked if name in templates], wish.macros)
    for name, host in names.items():
        if name not in found:
            answer.do(f"registered {name}", lambda each=host: api.call("host.create", created(each, shared)))
            continue
        seen = found[name]
        if not is_ours(seen):
            raise HostError(
                f"this Zabbix has a host {name} that was not registered here",
                "remove it there, or give this one another name",
            )
        told = {
            **seen,
            "groups": seen.get("groups") or seen.get("hostgroups"),
            "templates": seen["parentTemplates"],
        }
        changed = changes(host, shared, told)
        if changed:
            words = ", ".join(
                sorted(set(changed) & {"description", "interfaces", "groups", "templates", "macros"})
            )
            answer.do(
                f"changed {name} ({words.replace('description', 'key')})",
                *(api.call, "host.update", {"hostid": seen["hostid"], **changed}),
            )
    for name, seen in found.items():
        if name not in names and is_ours(seen):
            answer.do(f"removed {name}", api.call, "host.delete", [seen["hostid"]])


def _group(api: Api, name: str, answer: Answer) -> str:
    found = api.call("hostgroup.get", {"filter": {"name": [name]}, "output": ["groupid"]})
    if not found:
        answer.do(f"made the group {name}", lambda: None)
        found = (
            [{"groupid": api.call("hostgroup.create", {"name": name})["groupids"][0]}] if answer.write else []
        )
    return str(found[0]["groupid"]) if found else ""


def _ids(api: Api, names: Sequence[str]) -> dict[str, str]:
    """Of templates, by name. One that is imported a moment from now is not there in check mode."""
    found = api.call("template.get", {"filter": {"host": list(names)}, "output": ["templateid", "host"]})
    return {each["host"]: str(each["templateid"]) for each in found}


def _stock_host(api: Api, answer: Answer) -> None:
    asked = {
        "filter": {"host": [STOCK_HOST]},
        "output": ["hostid"],
        "selectParentTemplates": ["templateid", "host"],
    }
    for host in api.call("host.get", asked):
        others = [each for each in host["parentTemplates"] if each["host"] != STOCK_TEMPLATE]
        if others and len(others) < len(host["parentTemplates"]):
            cleared = [{"templateid": each["templateid"]} for each in others]
            told = {"hostid": host["hostid"], "templates_clear": cleared}
            answer.do(f"had {STOCK_HOST} ask no agent", api.call, "host.update", told)


def _alerts(api: Api, wish: Wish, answer: Answer) -> None:
    like = {"search": {"name": alerting.PREFIX}, "startSearch": True}
    types = {
        each["name"]: each
        for each in api.call("mediatype.get", {**like, "output": ["mediatypeid", "name", "description"]})
    }
    actions = {
        each["name"]: each["actionid"]
        for each in api.call("action.get", {**like, "output": ["actionid", "name"]})
    }
    wanted = {alerting.name_of(each): each for each in wish.alerts}
    changed = [
        name
        for name in dict.fromkeys((*types, *actions, *wanted))
        if name not in wanted
        or name not in types
        or name not in actions
        or types[name]["description"] != alerting.description(wanted[name])
    ]
    if not changed:
        return
    for name in changed:
        answer.do(f"{'set up' if name in wanted else 'removed'} the alert {name}", lambda: None)
    if answer.write:
        _replace_alerts(
            api, wish, {name: types.get(name, {}).get("mediatypeid") for name in changed}, actions
        )


def _replace_alerts(
    api: Api, wish: Wish, changed: Mapping[str, str | None], actions: Mapping[str, str]
) -> None:
    """A media type goes once no action and no user names it."""
    asked = {"filter": {"username": [wish.user]}, "output": ["userid"], "selectMedias": "extend"}
    (user,) = api.call("user.get", asked)
    gone = [actions[name] for name in changed if name in actions]
    if gone:
        api.call("action.delete", gone)
    old = {identity for identity in changed.values() if identity}
    media = alerting.media_of(user["medias"], old)
    api.call("user.update", {"userid": user["userid"], "medias": media})
    if old:
        api.call("mediatype.delete", sorted(old))
    new = {}
    for alert in wish.alerts:
        if alerting.name_of(alert) in changed:
            (made,) = api.call("mediatype.create", alerting.media_type(alert, api.version))["mediatypeids"]
            new[made] = alert
            media.append(alerting.medium(alert, made))
    api.call("user.update", {"userid": user["userid"], "medias": media})
    for made, alert in new.items():
        api.call("action.create", alerting.action(alert, made, user["userid"]))
