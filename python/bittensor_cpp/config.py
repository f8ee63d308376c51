# SPDX-License-Identifier: MIT
"""What a neuron can be told."""

import atexit
import os
import sys
import weakref
from typing import Any, List, Optional, Sequence

from bittensor_cpp import _core

_nodes: "weakref.WeakSet[Node]" = weakref.WeakSet()


class Node:
    """What the parts of one neuron share: its key, its threads, its sockets. Stops with the
    process, and in the process that made it only."""

    def __init__(self, options: _core.Options, schema: Optional[_core.Schema] = None):
        self.core = _core.Node(options, schema)
        self._process = os.getpid()
        self._stopped = False
        _nodes.add(self)

    def stop(self) -> None:
        """Tells the peers that it leaves, and stops. May be called twice."""
        if not self._stopped and os.getpid() == self._process:
            self._stopped = True
            self.core.stop()

    def __reduce__(self):
        raise TypeError("a neuron holds a key, sockets and threads, and cannot be copied or "
                        "pickled: give its model or its address instead")


@atexit.register
def _stop_all() -> None:
    for node in list(_nodes):
        node.stop()


class Config:
    """The options of a neuron, by the names that the example programs have::

        config = Config(axon_port=8093, metagraph_port=8094, bootstrap=["localhost:8092"],
                        neuron_key="b/neuron.key")
        config = Config.parse()  # of sys.argv: --axon_port 8093 …; --help explains each

    Those that are not given come from the environment (``BITTENSOR_AXON_PORT``) or have their
    defaults. ``Metagraph``, ``Axon`` and ``Dendrite`` of one config are parts of one neuron.
    """

    def __init__(self, **options: Any):
        self._set(_core.parse_options(_arguments(options)))

    @classmethod
    def parse(cls, arguments: Optional[Sequence[str]] = None, **defaults: Any) -> "Config":
        """The options of a command line, ``sys.argv`` unless given. Prints the help or what is
        wrong, and exits, if asked to or if something is. ``defaults`` are those of the program."""
        words = list(sys.argv[1:] if arguments is None else arguments)
        given = {word[2:].partition("=")[0] for word in words if word.startswith("--")}
        kept = {name: value for name, value in defaults.items() if name not in given}
        try:
            parsed = _core.parse_options(_arguments(kept) + words)
        except ValueError as error:
            sys.exit(f"{os.path.basename(sys.argv[0])}: {error}")
        if isinstance(parsed, str):
            print(parsed)
            sys.exit(0)
        config = cls.__new__(cls)
        config._set(parsed)
        return config

    def _set(self, options: _core.Options) -> None:
        self._options = options
        self._shared: Optional["weakref.ref[Node]"] = None

    def node(self) -> Node:
        """What the parts of this config share, for as long as there is one of them."""
        node = self._shared() if self._shared else None
        if node is None:
            node = Node(self._options)
            self._shared = weakref.ref(node)
        return node

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._options, name)

    def __reduce__(self):
        raise TypeError("a Config belongs to one neuron and cannot be copied or pickled")


def _arguments(options: "dict[str, Any]") -> List[str]:
    words = []
    for name, value in options.items():
        values = value if isinstance(value, (list, tuple, set)) else [value]
        for one in values:
            text = str(one).lower() if isinstance(one, bool) else str(one)
            words.append(f"--{name}={text}")
    return words
