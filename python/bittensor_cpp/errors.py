# SPDX-License-Identifier: MIT
"""What goes wrong in the world outside: a port that is taken, a file that is damaged."""


class StatusError(RuntimeError):
    """An ``absl::Status`` of the library.

    ``code`` is its name, as gRPC has them: ``"ALREADY_EXISTS"``, ``"NOT_FOUND"``; ``message`` says
    what is wrong, with names and values.
    """

    def __init__(self, code: str, message: str):
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message

    def __reduce__(self):
        return StatusError, (self.code, self.message)
