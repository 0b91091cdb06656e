#!/usr/bin/python
"""Keep data sets for Keras on a host."""

# Copyright: the orchestrate maintainers
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
---
module: keras_datasets
short_description: Keep verified data sets for Keras on a host
version_added: 0.1.0
description:
  - Stores the files of data sets once for all users, and links them to where C(keras.datasets) looks for them, in the homes of
    the named users and in C(/etc/skel).
  - A file counts by the SHA-256 of its content, read anew at each run. What is fetched bears its name only when it was verified.
  - What users put into their homes themselves stays as it is.
author: The orchestrate maintainers (@orchestrate)
options:
  root:
    description: The folder of the data sets. Each has a folder of its own in it.
    type: path
    required: true
  datasets:
    description: The data sets. With O(state=absent), all that could be there.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Of the data set, and of its folder below O(root).
        type: str
        required: true
      keras_folder:
        description: The folder below C(~/.keras/datasets) in which Keras looks for it. Empty where Keras looks there directly.
        type: str
        default: ''
      source:
        description:
          - Where its files come from.
          - V(package) is a folder on the host that a package of the distribution filled; the files are linked.
          - V(path) says that the files were copied to their places below O(root) before; they are verified.
          - V(mirror) and V(origin) are fetched.
        type: str
        choices: [package, path, mirror, origin]
        required: true
      base:
        description: The folder or the URL to which a file's name is added.
        type: str
        required: true
      files:
        description: The files of the data set.
        type: list
        elements: dict
        required: true
        suboptions:
          name:
            description: Of the file.
            type: str
            required: true
          sha256:
            description: The digest of its content, for a C(.gz) of what it unpacks to.
            type: str
            required: true
  users:
    description: The users in whose homes the files are linked.
    type: list
    elements: str
    default: []
  state:
    description: V(absent) removes the links and the stored files.
    type: str
    choices: [present, absent]
    default: present
attributes:
  check_mode:
    description: Can run in check mode and say what would be done.
    support: full
  diff_mode:
    description: Says what was done, or would be, a line for each file.
    support: full
"""

EXAMPLES = r"""
- name: Have MNIST for root
  orchestrate.gpu.keras_datasets:
    root: /opt/ml/datasets
    users: [root]
    datasets:
      - name: mnist
        source: origin
        base: https://storage.googleapis.com/tensorflow/tf-keras-datasets
        files:
          - name: mnist.npz
            sha256: 731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1
"""

RETURN = r"""
done:
  description: What was done, or in check mode would be done, a line for each file.
  returned: success
  type: list
  elements: str
  sample: [stored /opt/ml/datasets/mnist/mnist.npz, linked /root/.keras/datasets/mnist.npz]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.orchestrate.gpu.plugins.module_utils import keras_datasets
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import Answer, run_alone

FILE = {"name": {"type": "str", "required": True}, "sha256": {"type": "str", "required": True}}
DATASET = {
    "name": {"type": "str", "required": True},
    "keras_folder": {"type": "str", "default": ""},
    "source": {"type": "str", "choices": ["package", "path", "mirror", "origin"], "required": True},
    "base": {"type": "str", "required": True},
    "files": {"type": "list", "elements": "dict", "options": FILE, "required": True},
}
ARGUMENTS = {
    "root": {"type": "path", "required": True},
    "datasets": {"type": "list", "elements": "dict", "options": DATASET, "required": True},
    "users": {"type": "list", "elements": "str", "default": []},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    change = keras_datasets.present if module.params["state"] == "present" else keras_datasets.absent

    run_alone(
        module,
        "datasets",
        lambda write: Answer(change(keras_datasets.wish_of(module.params), write=write)),
    )


if __name__ == "__main__":
    main()
