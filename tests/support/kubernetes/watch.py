"""The events of a watch, one line of JSON each."""

import contextlib
import json
import socket


class Watch:
    """Another thread may close it; who iterates then sees it end. So it does when the connection breaks."""

    def __init__(self, connection, answer):
        self._connection, self._answer = connection, answer
        self._socket = connection.sock or answer.fp.raw._sock  # the answer has it where the connection ends with it

    def __iter__(self):
        try:
            for line in self._answer:
                event = json.loads(line)
                yield event["type"], event["object"]
        except (OSError, ValueError, AttributeError):  # ended in the midst of a line, or by close()
            return

    def close(self):
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._connection.close()
