"""Connections to Services' own addresses, handed on to ready pods in turn. TCP only.

Those addresses are loopback's, too: a pod's program that listens on all addresses at the Service's port answers there itself.
"""

import asyncio
import contextlib
import itertools
import threading

from .endpoints import cluster_address


class Relays:
    def __init__(self, endpoints):
        self._endpoints = endpoints
        self._listeners, self._tasks, self._turns = {}, set(), itertools.count()
        self._wanted = {}  # what is relayed, by (address, port): a Service and its port
        self._loop, self._busy = asyncio.new_event_loop(), asyncio.Lock()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def update(self):
        """From any thread, when Services or pods have changed."""
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop)

    def close(self):
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self):
        async with self._busy:
            for listener in self._listeners.values():
                listener.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _listen(self):
        """Nobody listens for a Service without a ready pod: who connects is refused."""
        async with self._busy:
            wanted = {(cluster_address(service), port["port"]): (service, port) for service in self._endpoints.services()
                      for port in service["spec"].get("ports", [])
                      if cluster_address(service) and self._endpoints.backends(service, port)}
            self._wanted = wanted
            for place in self._listeners.keys() - wanted.keys():
                self._listeners.pop(place).close()
            for place in wanted.keys() - self._listeners.keys():
                with contextlib.suppress(OSError):  # the pod listens there itself
                    self._listeners[place] = await asyncio.start_server(self._relay_from(place), *place)

    def _relay_from(self, place):
        async def relay(reader, writer):
            task = asyncio.current_task()
            self._tasks.add(task)
            # None is left when the last pod has gone a moment ago; one may be gone, too.
            with contextlib.closing(writer), contextlib.suppress(OSError):
                # A Service may lead to another port than when it was new.
                backends = self._endpoints.backends(*self._wanted[place]) if place in self._wanted else []
                if backends:
                    pod_reader, pod_writer = await asyncio.open_connection(*backends[next(self._turns) % len(backends)])
                    with contextlib.closing(pod_writer):
                        await asyncio.gather(_copy(reader, pod_writer), _copy(pod_reader, writer))
            self._tasks.discard(task)
        return relay


async def _copy(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.write_eof()
