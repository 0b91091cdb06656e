#!/usr/bin/python
"""Have what a Zabbix server watches, and whom it tells."""

# Copyright: the orchestrate maintainers
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
---
module: zabbix_configuration
short_description: Have hosts, a template and alerts in a Zabbix server, through its API
version_added: 0.1.0
description:
  - Imports a template where the server's differs, registers hosts with an encrypted agent, and sets up whom Zabbix tells.
  - Hosts that were registered here carry the tag C(managed-by) and are removed when they are listed no more. What else is in the server stays,
    and so do groups, templates, macros and tags that somebody gave to such a host.
  - Works with Zabbix from 6.0 on, and needs nothing but Python.
author: The orchestrate maintainers (@orchestrate)
options:
  socket:
    description: Socket of the frontend's PHP on this host. Either this or O(url).
    type: path
  program:
    description: The API's program, for O(socket).
    type: path
    default: /usr/share/zabbix/api_jsonrpc.php
  url:
    description: Address of the API of a server elsewhere, such as C(https://zabbix.example.org/api_jsonrpc.php).
    type: str
  user:
    description: Who asks. Alerts are this user's.
    type: str
    default: Admin
  password_file:
    description: File on this host with the user's password.
    type: path
    required: true
  templates:
    description: The template to import, as YAML, by the release that it is written for. The newest that the server knows is taken.
    type: dict
    default: {}
  linked:
    description: Names of the templates of every host.
    type: list
    elements: str
    default: []
  group:
    description: The group of every host.
    type: str
    default: GPU hosts
  macros:
    description: Macros of every host, by their names without braces and dollar.
    type: dict
    default: {}
  hosts:
    description: The hosts.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: As its agent says it.
        type: str
        required: true
      address:
        description: IP address or name at which the server reaches its agent.
        type: str
        required: true
      port:
        description: Port of its agent.
        type: int
        default: 10050
      psk_identity:
        description: Name of its key. Another key needs another name.
        type: str
        required: true
      psk:
        description: Its key, in hexadecimal digits.
        type: str
        required: true
  alerts:
    description: Whom to tell, by mail or by a webhook.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Of the alert.
        type: str
        required: true
      severity:
        description: The least that is told.
        type: str
        choices: [not_classified, information, warning, average, high, disaster]
        default: warning
      url:
        description: Of a webhook, which gets JSON by POST.
        type: str
      mail_to:
        description: Addresses to write to.
        type: list
        elements: str
      mail_from:
        description: Address of the sender.
        type: str
      smtp_server:
        description: Server that takes the mail.
        type: str
        default: localhost
      smtp_port:
        description: Its port.
        type: int
        default: 25
      smtp_helo:
        description: The name by which Zabbix greets it.
        type: str
      smtp_security:
        description: How the connection is encrypted.
        type: str
        choices: [none, starttls, tls]
        default: none
      smtp_user:
        description: Who logs in there.
        type: str
      smtp_password:
        description: With which password.
        type: str
attributes:
  check_mode:
    description: Can run in check mode. Where there is no frontend yet, it says that all would be configured.
    support: full
  diff_mode:
    description: Shows what was done, and no secret.
    support: full
"""

EXAMPLES = r"""
- name: Have a server elsewhere watch a host
  orchestrate.gpu.zabbix_configuration:
    url: https://zabbix.example.org/api_jsonrpc.php
    password_file: /etc/orchestrate/zabbix/other-password
    templates:
      "7.0": "{{ lookup('ansible.builtin.file', 'gpu-7.0.yml') }}"
    linked: [NVIDIA GPU by gpuhost]
    hosts:
      - name: gpu-1
        address: 192.0.2.7
        psk_identity: gpu-1 9f86d081884c7d65
        psk: "{{ gpu_1_key }}"
    alerts:
      - {name: chat, url: "https://chat.example.org/hooks/gpus", severity: high}
"""

RETURN = r"""
done:
  description: What was done, or in check mode would be done, a line each.
  returned: success
  type: list
  elements: str
  sample: ["imported the template (templates updated: 1)", registered gpu-1]
"""

from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import Answer, HostError, run_alone
from ansible_collections.orchestrate.gpu.plugins.module_utils.zabbix import alerts, wishes
from ansible_collections.orchestrate.gpu.plugins.module_utils.zabbix.api import Api, by_socket, by_url
from ansible_collections.orchestrate.gpu.plugins.module_utils.zabbix.state import Wish, bring_about

ARGUMENTS = {
    "socket": {"type": "path"},
    "program": {"type": "path", "default": "/usr/share/zabbix/api_jsonrpc.php"},
    "url": {"type": "str"},
    "user": {"type": "str", "default": "Admin"},
    "password_file": {"type": "path", "required": True, "no_log": False},
    "templates": {"type": "dict", "default": {}},
    "linked": {"type": "list", "elements": "str", "default": []},
    "group": {"type": "str", "default": "GPU hosts"},
    "macros": {"type": "dict", "default": {}},
    "hosts": {
        "type": "list",
        "elements": "dict",
        "options": wishes.ARGUMENTS,
        "default": [],
    },
    "alerts": {
        "type": "list",
        "elements": "dict",
        "options": alerts.ARGUMENTS,
        "default": [],
        "required_one_of": [("url", "mail_to")],
        "required_by": {"mail_to": ["mail_from"]},
    },
}


class Quiet(AnsibleModule):  # type: ignore[misc]  # ansible-core carries no types
    """Its parameters hold a whole template: they do not go into the host's journal."""

    def _log_invocation(self) -> None:
        self.log(f"Invoked with {len(self.params['hosts'])} hosts")


def main() -> None:
    """Run the module."""
    module = Quiet(
        argument_spec=ARGUMENTS,
        supports_check_mode=True,
        required_one_of=[("socket", "url")],
        mutually_exclusive=[("socket", "url")],
    )
    run_alone(module, "zabbix", lambda write: configure(module.params, write=write))


def configure(given: dict[str, Any], *, write: bool) -> Answer:
    """Bring it about in one session."""
    file = Path(given["password_file"])
    if not write and not (file.exists() and (given["url"] or Path(given["socket"]).exists())):
        return Answer(["would configure Zabbix once its frontend is there"])
    if not file.exists():
        raise HostError(f"there is no {file}", f"write the password of Zabbix's user {given['user']} into it")
    wish = Wish(
        user=given["user"],
        templates=given["templates"],
        linked=given["linked"],
        group=given["group"],
        hosts=[wishes.Host(**each) for each in given["hosts"]],
        macros=given["macros"],
        alerts=given["alerts"],
    )
    api = Api(
        by_url(given["url"]) if given["url"] else by_socket(Path(given["socket"]), Path(given["program"]))
    )
    api.login(given["user"], file.read_text(encoding="utf-8").strip())
    try:
        return bring_about(api, wish, write=write)
    finally:
        api.logout()


if __name__ == "__main__":
    main()
