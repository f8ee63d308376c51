# SPDX-License-Identifier: MIT
"""A TCP proxy that treats its connections badly, as it is told to."""

import asyncio
import threading

MODES = ("cut", "half_open", "drip", "corrupt", "silent")


class TcpProxy:
    """Listens at `address` and passes on to `target`, both (host, port), in a thread of its own.
    `mode` may be changed at any time, and counts for connections that are there:
    None         passes everything on
    "cut"        breaks a connection after the next bytes, in the middle of a message
    "half_open"  swallows what comes from either side
    "drip"       passes on one byte in 20 ms
    "corrupt"    changes a bit of every piece
    "silent"     takes new connections and says nothing; old ones are broken"""

    def __init__(self, address, target):
        self.target, self.mode = target, None
        self._loop = asyncio.new_event_loop()
        self._server = self._loop.run_until_complete(asyncio.start_server(self._serve, *address))
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def close(self):
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    async def _serve(self, reader, writer):
        if self.mode == "silent":
            await reader.read()  # until the other gives up
            writer.close()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection(*self.target)
        except OSError:
            writer.close()
            return
        ways = [asyncio.ensure_future(self._pass_on(reader, far_writer)),
                asyncio.ensure_future(self._pass_on(far_reader, writer))]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        writer.close()
        far_writer.close()

    async def _pass_on(self, reader, writer):
        try:
            while data := await reader.read(4096):
                mode = self.mode
                if mode == "silent":
                    return
                if mode == "half_open":
                    continue
                if mode == "cut":
                    writer.write(data[:len(data) // 2])
                    return
                if mode == "corrupt":
                    data = bytearray(data)
                    data[len(data) // 2] ^= 1
                if mode == "drip":
                    for i in range(len(data)):
                        writer.write(data[i:i + 1])
                        await writer.drain()
                        await asyncio.sleep(0.02)
                        if self.mode != "drip":
                            writer.write(data[i + 1:])
                            break
                else:
                    writer.write(data)
                    await writer.drain()
        except OSError:
            pass
