"""A client of HTTP/2 whose windows a case sets. Needs the package h2."""

import json
import socket
import time

import h2.config
import h2.connection
import h2.events
import h2.exceptions
import h2.settings


class Client:
    def __init__(self, server, window=None):
        """With a `window`, streams may send that many bytes, and nothing opens it."""
        self.window = window
        self.sock = server.connect()
        config = h2.config.H2Configuration(validate_outbound_headers=False, header_encoding="utf-8")
        self.connection = h2.connection.H2Connection(config)
        self.connection.initiate_connection()
        if window is not None:
            self.connection.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: window})
        self.flush()
        self.statuses, self.bodies, self.ended, self.resets = {}, {}, set(), {}
        self.closed = False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def flush(self):
        try:
            self.sock.sendall(self.connection.data_to_send())
        except OSError:
            self.closed = True

    def begin(self, headers=None, path="/v1/responses", method="POST", key="test", end=False):
        stream = self.connection.get_next_available_stream_id()
        fields = {
            ":method": method,
            ":path": path,
            ":scheme": "http",
            ":authority": "localhost",
            "content-type": "application/json",
        }
        if key is not None:
            fields["authorization"] = f"Bearer {key}"
        fields |= headers or {}
        self.connection.send_headers(
            stream, [one for one in fields.items() if one[1] is not None], end_stream=end
        )
        return stream

    def post(self, body, flush=True, **settings):
        stream = self.begin(**settings)
        self.connection.send_data(stream, json.dumps(body).encode(), end_stream=True)
        if flush:
            self.flush()
        return stream

    def step(self, timeout):
        """Receives once. Returns False if nothing came."""
        self.sock.settimeout(timeout)
        try:
            data = self.sock.recv(1 << 16)
        except (TimeoutError, socket.timeout):
            return False
        except OSError:
            data = b""
        if not data:
            self.closed = True
            return False
        for event in self.connection.receive_data(data):
            self.take(event)
        self.flush()
        return True

    def take(self, event):
        if isinstance(event, h2.events.ResponseReceived):
            self.statuses[event.stream_id] = int(dict(event.headers)[":status"])
        elif isinstance(event, h2.events.DataReceived):
            self.bodies[event.stream_id] = self.bodies.get(event.stream_id, b"") + event.data
            if self.window is None:
                self.connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.StreamEnded):
            self.ended.add(event.stream_id)
        elif isinstance(event, h2.events.StreamReset):
            self.resets[event.stream_id] = int(event.error_code)
        elif isinstance(event, h2.events.ConnectionTerminated):
            self.closed = True

    def open(self):
        """Opens the windows of the streams that a small window holds."""
        self.window = None
        self.connection.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: 1 << 24})
        self.flush()

    def drain(self, seconds):
        """Receives for so long."""
        end = time.monotonic() + seconds
        while not self.closed and (left := end - time.monotonic()) > 0:
            try:
                self.step(left)
            except h2.exceptions.ProtocolError:
                self.closed = True

    def until(self, condition, within):
        end = time.monotonic() + within
        while not condition() and not self.closed and (left := end - time.monotonic()) > 0:
            self.step(min(left, 0.2))
        return bool(condition())
