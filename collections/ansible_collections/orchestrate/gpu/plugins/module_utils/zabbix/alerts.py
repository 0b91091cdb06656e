"""Whom Zabbix tells of a problem and of its end, by mail or by a webhook: media types and actions. Pure: it asks nobody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.orchestrate.gpu.plugins.module_utils.zabbix.wishes import digest

PREFIX = "orchestrate: "
"""Of the names of media types and actions that are made here."""

SEVERITIES = ("not_classified", "information", "warning", "average", "high", "disaster")
SECURITY = ("none", "starttls", "tls")
ARGUMENTS = {
    "name": {"type": "str", "required": True},
    "severity": {"type": "str", "choices": list(SEVERITIES), "default": "warning"},
    # Who has the address of a webhook can write there.
    "url": {"type": "str", "no_log": True},
    "mail_to": {"type": "list", "elements": "str"},
    "mail_from": {"type": "str"},
    "smtp_server": {"type": "str", "default": "localhost"},
    "smtp_port": {"type": "int", "default": 25},
    "smtp_helo": {"type": "str"},
    "smtp_security": {"type": "str", "choices": list(SECURITY), "default": "none"},
    "smtp_user": {"type": "str"},
    "smtp_password": {"type": "str", "no_log": True},
}
"""The module's parameters of an alert."""

PLAIN = {"message_format": "0"}, {"content_type": "0"}
"""Mail as plain text: from 7.0 on, and before."""

SUBJECT = "{EVENT.SEVERITY}: {EVENT.NAME} ({HOST.NAME})"
MESSAGE = """\
{EVENT.NAME}
Host: {HOST.NAME}
Severity: {EVENT.SEVERITY}
Since: {EVENT.DATE} {EVENT.TIME}
Value: {EVENT.OPDATA}
{TRIGGER.DESCRIPTION}"""
ENDED = "Resolved: {EVENT.NAME} ({HOST.NAME})"
ENDED_MESSAGE = """\
{EVENT.NAME}
Host: {HOST.NAME}
Since: {EVENT.DATE} {EVENT.TIME}
Resolved: {EVENT.RECOVERY.DATE} {EVENT.RECOVERY.TIME}"""

SCRIPT = """\
var told = JSON.parse(value), url = told.url, request = new HttpRequest();
delete told.url;
told.status = told.status === '0' ? 'resolved' : 'problem';
request.addHeader('Content-Type: application/json');
request.post(url, JSON.stringify(told));
if (request.getStatus() >= 300) {
  throw 'HTTP ' + request.getStatus();
}
return 'OK';
"""
TOLD = {
    "status": "{EVENT.VALUE}",
    "text": "{ALERT.SUBJECT}",
    "problem": "{EVENT.NAME}",
    "host": "{HOST.NAME}",
    "severity": "{EVENT.SEVERITY}",
    "value": "{EVENT.OPDATA}",
    "event": "{EVENT.ID}",
}
"""What a webhook's JSON holds, beside `status`, which is `problem` or `resolved`."""


def name_of(alert: Mapping[str, Any]) -> str:
    """As Zabbix shows it."""
    return f"{PREFIX}{alert['name']}"


def description(alert: Mapping[str, Any]) -> str:
    """By which changed settings are seen: Zabbix does not tell passwords."""
    return f"Made by role zabbix_server. Settings: {digest([dict(alert), SCRIPT, TOLD, SUBJECT, MESSAGE, ENDED_MESSAGE])}"


def media_type(alert: Mapping[str, Any], version: tuple[int, int]) -> dict[str, Any]:
    """Parameters of mediatype.create and, with an id, of mediatype.update."""
    messages = [
        {"eventsource": "0", "recovery": "0", "subject": SUBJECT, "message": MESSAGE},
        {"eventsource": "0", "recovery": "1", "subject": ENDED, "message": ENDED_MESSAGE},
    ]
    common = {
        "name": name_of(alert),
        "description": description(alert),
        "status": "0",
        "message_templates": messages,
    }
    if alert["url"]:
        told = [{"name": name, "value": value} for name, value in {"url": alert["url"], **TOLD}.items()]
        return {**common, "type": "4", "script": SCRIPT, "parameters": told, "timeout": "10s"}
    return {
        **common,
        "type": "0",
        "smtp_server": alert["smtp_server"],
        "smtp_port": str(alert["smtp_port"]),
        "smtp_helo": alert["smtp_helo"] or "localhost",
        "smtp_email": alert["mail_from"],
        "smtp_security": str(SECURITY.index(alert["smtp_security"])),
        "smtp_authentication": "1" if alert["smtp_user"] else "0",
        "username": alert["smtp_user"] or "",
        "passwd": alert["smtp_password"] or "",
        **PLAIN[0 if version >= (7, 0) else 1],
    }


def medium(alert: Mapping[str, Any], media_type_id: str) -> dict[str, Any]:
    """Where the user is told: an element of the user's media."""
    to: object = list(alert["mail_to"]) if not alert["url"] else "webhook"
    return {
        "mediatypeid": media_type_id,
        "sendto": to,
        "active": "0",
        "severity": str(sum(1 << number for number in range(_severity(alert), len(SEVERITIES)))),
        "period": "1-7,00:00-24:00",
    }


def action(alert: Mapping[str, Any], media_type_id: str, user_id: str) -> dict[str, Any]:
    """Parameters of action.create: tell the user once of a problem, and of its end."""
    at_least = {"conditiontype": "4", "operator": "5", "value": str(_severity(alert))}
    return {
        "name": name_of(alert),
        "eventsource": "0",
        "status": "0",
        "esc_period": "1h",
        "filter": {"evaltype": "0", "conditions": [at_least]},
        "operations": [
            {
                "operationtype": "0",
                "esc_step_from": "1",
                "esc_step_to": "1",
                "opmessage": {"default_msg": "1", "mediatypeid": media_type_id},
                "opmessage_usr": [{"userid": user_id}],
            }
        ],
        "recovery_operations": [{"operationtype": "11", "opmessage": {"default_msg": "1"}}],
    }


def media_of(found: Sequence[Mapping[str, Any]], without: set[str]) -> list[dict[str, Any]]:
    """The user's media as user.update takes them, without those of some media types."""
    kept = ("mediatypeid", "sendto", "active", "severity", "period")
    return [{name: each[name] for name in kept} for each in found if each["mediatypeid"] not in without]


def _severity(alert: Mapping[str, Any]) -> int:
    return SEVERITIES.index(alert["severity"])
