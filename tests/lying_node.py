# SPDX-License-Identifier: MIT
"""A node that answers WebSocket and HTTP as a test says, mostly wrongly."""

import base64
import hashlib
import json
import socket
import ssl
import struct
import threading

GENESIS = "0x" + "45" * 32


def frame_length(size):
    if size < 126:
        return bytes([size])
    return b"\x7e" + struct.pack(">H", size) if size < 65536 else b"\x7f" + struct.pack(">Q", size)


class LyingNode:
    """`answer(method, params)` gives the result of a call; bytes are sent as they are, None is silence.
    `tls`: files with its certificate and the key."""

    def __init__(self, answer, tls=None):
        self.answer = answer
        self.tls = None
        if tls:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(*tls)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self):
        self.listener.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            self._talk(connection)
        except (OSError, ValueError, IndexError, struct.error):
            pass  # the client has gone
        finally:
            connection.close()

    def _talk(self, connection):
        head = b""
        while b"\r\n\r\n" not in head:
            piece = connection.recv(65536)
            if not piece:
                return
            head += piece
        head, body = head.split(b"\r\n\r\n", 1)
        headers = {name.lower(): value.strip() for name, _, value in
                   (line.partition(":") for line in head.decode().split("\r\n")[1:])}
        if "sec-websocket-key" not in headers:
            while len(body) < int(headers["content-length"]):
                body += connection.recv(65536)
            text = self._reply(body)
            if text is None:
                connection.recv(1)
            else:
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(text) + text)
            return
        key = headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        accept = base64.b64encode(hashlib.sha1(key.encode()).digest())
        connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                           b"Connection: Upgrade\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n")
        stream = connection.makefile("rb")
        while True:
            opcode, size = stream.read(1)[0] & 15, stream.read(1)[0] & 127
            if size == 126:
                size = struct.unpack(">H", stream.read(2))[0]
            elif size == 127:
                size = struct.unpack(">Q", stream.read(8))[0]
            mask = stream.read(4)
            body = bytes(byte ^ mask[i % 4] for i, byte in enumerate(stream.read(size)))
            if opcode == 8:
                return
            text = self._reply(body) if opcode in (1, 2) else None
            if text == b"":  # the connection is cut
                return
            if text is not None:
                connection.sendall(b"\x81" + frame_length(len(text)) + text)

    def _reply(self, body):
        call = json.loads(body)
        result = self.answer(call["method"], call["params"])
        if result is None or isinstance(result, bytes):
            return result
        return json.dumps({"jsonrpc": "2.0", "id": call["id"], "result": result}).encode()
