#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""client.py HOST PORT [BROKER]: fetch / over HTTPS, by libkseal from Python.

Another language needs no binding: one structure, and the functions. The socket
that comes back is an ordinary one.
"""
import ctypes
import os
import socket
import sys

ALERT, DATA = 21, 23    # RFC 8446 B.1


class Result(ctypes.Structure):
    """struct kseal_result; libkseal may know of more members behind these."""
    _fields_ = [
        ("id", ctypes.c_uint32), ("error", ctypes.c_int), ("fd", ctypes.c_int),
        ("version", ctypes.c_uint16), ("cipher", ctypes.c_uint16),
        ("alpn", ctypes.c_char * 256), ("server_name", ctypes.c_char * 256),
        ("peer", ctypes.c_char * 64), ("suite", ctypes.c_char * 64),
        ("reason", ctypes.c_char * 256), ("later", ctypes.c_char * 8192),
    ]


def connect(host, port, broker):
    """A connected socket that speaks TLS."""
    kseal = ctypes.CDLL("libkseal.so.0")
    handle = ctypes.c_void_p()
    result = Result()
    error = kseal.kseal_broker_open(broker, ctypes.byref(handle))
    if error:
        raise OSError(-error, "kseald cannot be reached: " + os.strerror(-error))
    error = kseal.kseal_connect(handle, host.encode(), port.encode(), None,
                                ctypes.byref(result))
    kseal.kseal_broker_close(handle)
    if error:
        raise OSError(-error, result.reason.decode() or os.strerror(-error))
    print(result.peer.decode(), result.suite.decode(), file=sys.stderr)
    return socket.socket(fileno=result.fd)


def main():
    if len(sys.argv) < 3:
        sys.exit("usage: client.py HOST PORT [BROKER]")
    broker = sys.argv[3].encode() if len(sys.argv) > 3 else None
    try:
        tls = connect(sys.argv[1], sys.argv[2], broker)
    except OSError as error:
        sys.exit("client.py: " + error.strerror)
    tls.sendall(b"GET / HTTP/1.1\r\nHost: " + sys.argv[1].encode() +
                b"\r\nConnection: close\r\n\r\n")
    while True:
        data, control, _, _ = tls.recvmsg(16384, socket.CMSG_SPACE(1))
        kind = control[0][2][0] if control else DATA
        if not data or kind == ALERT:
            break
        if kind == DATA:    # and not a session ticket
            sys.stdout.buffer.write(data)


main()
