"""A TCP proxy that understands PostgreSQL's message frames: delays, cuts, and acts exactly when a message passes.

    proxy = Proxy(postgres.port).start()
    proxy.before_client(b"COMMIT", Proxy.cut)           # the server never sees this COMMIT
    proxy.after_client(b"COMMIT", Proxy.drop_answers)   # the server commits, nobody hears of it
    proxy.after_server(b"CREATE TABLE", lambda link: os.kill(pid, SIGKILL), nth=2)

A client pattern is looked for in statements (Query and Parse messages), whose text begins with it when letter case and
leading space are ignored, or contains it when `anywhere` is set. A server pattern is looked for in command tags.
`after_client` acts once the statement's Execute has been forwarded. An action runs in the proxy's thread, with the link,
before anything later is forwarded. `at_message` counts messages over all connections: killing at each number in turn kills
at every step there is. `counted` says which kinds count.
"""

import asyncio
import contextlib
import socket
import struct
import threading
import urllib.parse
from dataclasses import dataclass, field

SSL_REQUEST, GSS_REQUEST, CANCEL_REQUEST = 80877103, 80877104, 80877102


# Messages after which something is different: work is asked for or its end is, a statement is done or a transaction is.
STEPS = {"client": b"QESX", "server": b"CEZ"}


@dataclass
class Rule:
    side: str  # "client" or "server"
    after: bool
    pattern: bytes
    action: object
    nth: int
    anywhere: bool
    seen: int = 0
    fired: threading.Event = field(default_factory=threading.Event)

    def matches(self, text):
        if self.fired.is_set():
            return False
        text = text.lower()
        found = self.pattern in text if self.anywhere else text.lstrip().startswith(self.pattern)
        if found:
            self.seen += 1
        return found and self.seen == self.nth

    def wait(self, timeout=30):
        """Until the action has run. Fails the test when the message never passes."""
        assert self.fired.wait(timeout), f"{self.pattern!r} number {self.nth} never passed from the {self.side}"


class Link:
    """One client's connection through the proxy."""

    def __init__(self, proxy, client, server):
        self.proxy = proxy
        self.client_reader, self.client_writer = client
        self.server_reader, self.server_writer = server
        self.closed = False

    def cut(self):
        """Both ends see the connection reset."""
        self.closed = True
        for writer in (self.client_writer, self.server_writer):
            abort(writer)

    def partition(self):
        """The client's end is reset; the server's stays open and silent, as when a network goes away."""
        self.closed = True
        abort(self.client_writer)
        self.proxy.orphans.append(self.server_writer)

    def end_session(self):
        """As pg_terminate_backend() does it: the client is told, then nobody is there."""
        self.closed = True
        fields = b"SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0"
        self.client_writer.write(b"E" + struct.pack("!I", 4 + len(fields)) + fields)
        self.client_writer.close()
        abort(self.server_writer)

    def drop_answers(self):
        """From now on the server's words are lost. The client's still arrive."""
        self.proxy.answers_dropped = True


def abort(writer):
    handle = writer.get_extra_info("socket")
    if handle is not None:
        with contextlib.suppress(OSError):
            handle.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


class Proxy:
    cut = staticmethod(Link.cut)
    partition = staticmethod(Link.partition)
    drop_answers = staticmethod(Link.drop_answers)
    end_session = staticmethod(Link.end_session)

    def __init__(self, target_port, delay=0.0, target_host="127.0.0.1"):
        self.target = (target_host, target_port)
        self.delay = delay  # seconds, each way
        self.port = 0
        self.refusing = False  # new connections are closed at once
        self.answers_dropped = False
        self.bytes_from_client = 0
        self.bytes_from_server = 0
        self.connections = 0
        self.links = []
        self.orphans = []
        self.rules = []
        self.messages = {"client": 0, "server": 0}  # counted while there are rules, or when `counting` is set
        self.counting = False
        self.counted = None  # the kinds that count, as STEPS; None: every message
        self._at = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server = None

    # Setting it up.

    def start(self):
        self._thread.start()
        self._server = self._call(asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 20))
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def close(self):
        self.heal()
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.close()

    def url(self, url):
        """The same database through the proxy."""
        parts = urllib.parse.urlsplit(url)
        login, _, _ = parts.netloc.rpartition("@")
        return parts._replace(netloc=f"{login}@127.0.0.1:{self.port}" if login else f"127.0.0.1:{self.port}").geturl()

    def before_client(self, pattern, action, nth=1, anywhere=False):
        return self._add("client", False, pattern, action, nth, anywhere)

    def after_client(self, pattern, action, nth=1, anywhere=False):
        return self._add("client", True, pattern, action, nth, anywhere)

    def before_server(self, tag, action, nth=1):
        return self._add("server", False, tag, action, nth, False)

    def after_server(self, tag, action, nth=1):
        return self._add("server", True, tag, action, nth, False)

    def at_message(self, side, number, action):
        """Acts instead of forwarding the message with this number, from 1."""
        self.counting = True
        self._at[side, number] = action

    def count(self, side, kind):
        """Counts a message of this kind; gives what is to be done instead of forwarding it, if anything is."""
        if self.counted and kind not in self.counted[side]:
            return None
        self.messages[side] += 1
        return self._at.get((side, self.messages[side]))

    def _add(self, side, after, pattern, action, nth, anywhere):
        rule = Rule(side, after, pattern.lower(), action, nth, anywhere)
        self.rules.append(rule)
        return rule

    # Doing things to what is connected, from the test's thread.

    def cut_all(self):
        self._on_loop(lambda: [link.cut() for link in self.links if not link.closed])

    def partition_all(self):
        self._on_loop(lambda: [link.partition() for link in self.links if not link.closed])

    @contextlib.contextmanager
    def silence(self):
        """A network that swallows what the server says: nobody sees a connection break."""
        self.answers_dropped = True
        try:
            yield
        finally:
            self.heal()

    def heal(self):
        """New connections work again, and answers arrive; the server's ends of partitioned links are closed."""
        def work():
            self.refusing = self.answers_dropped = False
            for writer in self.orphans:
                abort(writer)
            self.orphans.clear()
        self._on_loop(work)

    def _on_loop(self, work):
        async def run():
            work()
        self._call(run())

    def _call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout=30)

    async def _close(self):
        self._server.close()
        for link in self.links:
            if not link.closed:
                link.cut()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # Forwarding.

    async def _serve(self, client_reader, client_writer):
        self.connections += 1
        if self.refusing:
            abort(client_writer)
            return
        try:
            server = await asyncio.open_connection(*self.target, limit=1 << 20)
        except OSError:
            abort(client_writer)
            return
        for writer in (client_writer, server[1]):
            writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        link = Link(self, (client_reader, client_writer), server)
        self.links.append(link)
        frames = Frames(link)
        await asyncio.gather(self._forward(link, client_reader, server[1], "client", frames),
                             self._forward(link, server[0], client_writer, "server", frames), return_exceptions=True)

    async def _forward(self, link, reader, writer, side, frames):
        queue = asyncio.Queue()
        sender = asyncio.ensure_future(self._send(link, queue, writer, side)) if self.delay else None
        try:
            while True:
                data = await reader.read(1 << 16)
                if side == "client":
                    self.bytes_from_client += len(data)
                else:
                    self.bytes_from_server += len(data)
                if link.closed:
                    return
                for piece in (frames.cut_up(side, data) if self.rules or self.counting else [data]):
                    if link.closed:
                        return
                    if sender:
                        queue.put_nowait((self._loop.time() + self.delay, piece))
                    elif side == "client" or not self.answers_dropped:
                        writer.write(piece)
                if not data:
                    break
                if not sender:
                    await writer.drain()
            if sender:
                queue.put_nowait((self._loop.time() + self.delay, b""))
                await sender
            if not link.closed and writer.can_write_eof():
                writer.write_eof()
        except OSError:
            pass
        if not link.closed and not self.answers_dropped:
            # One end has closed: so does the other.
            writer.close()

    async def _send(self, link, queue, writer, side):
        while True:
            due, piece = await queue.get()
            wait = due - self._loop.time()
            if wait > 0:
                await asyncio.sleep(wait)
            if not piece or link.closed:
                return
            if side == "client" or not self.answers_dropped:
                writer.write(piece)
                await writer.drain()


class Frames:
    """Cuts both directions of a link into messages and runs the rules between them."""

    def __init__(self, link):
        self.link = link
        self.buffers = {"client": b"", "server": b""}
        self.started = False  # the client's startup message has passed
        self.single_byte_answers = 0  # to SSLRequest and GSSENCRequest
        self.pending = []  # rules whose statement has been sent but not executed yet

    def cut_up(self, side, data):
        self.buffers[side] += data
        if not data and self.buffers[side]:
            rest, self.buffers[side] = self.buffers[side], b""
            yield rest
        while True:
            message = self._take(side)
            if message is None:
                return
            yield from self._pass(side, message)

    def _take(self, side):
        buffer = self.buffers[side]
        if side == "server" and self.single_byte_answers and buffer:
            self.single_byte_answers -= 1
            size = 1
        elif side == "client" and not self.started:
            if len(buffer) < 8:
                return None
            size, code = struct.unpack_from("!II", buffer)
            if len(buffer) < size:
                return None
            if code in (SSL_REQUEST, GSS_REQUEST):
                self.single_byte_answers += 1
            elif code != CANCEL_REQUEST:
                self.started = True
        else:
            if len(buffer) < 5:
                return None
            size = 1 + struct.unpack_from("!I", buffer, 1)[0]
            if len(buffer) < size:
                return None
        self.buffers[side] = buffer[size:]
        return buffer[:size]

    def _pass(self, side, message):
        action = self.link.proxy.count(side, message[:1])
        if action:
            action(self.link)
            if self.link.closed:
                return
        text = self._text(side, message)
        before, after = [], []
        if text is not None:
            for rule in self.link.proxy.rules:
                if rule.side == side and rule.matches(text):
                    (after if rule.after else before).append(rule)
        for rule in before:
            self._fire(rule)
        if self.link.closed:
            return
        yield message
        kind = message[:1]
        if side == "client" and kind == b"P":
            self.pending += after
            return
        if side == "client" and kind == b"E":
            after, self.pending = self.pending, []
        for rule in after:
            self._fire(rule)

    def _fire(self, rule):
        rule.action(self.link)
        rule.fired.set()

    @staticmethod
    def _text(side, message):
        kind = message[:1]
        if side == "client" and kind == b"Q":
            return message[5:-1]
        if side == "client" and kind == b"P":
            _, _, rest = message[5:].partition(b"\0")
            return rest.partition(b"\0")[0]
        if side == "server" and kind == b"C":
            return message[5:-1]
        return None
