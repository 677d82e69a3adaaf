#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""client.py HOST PORT [BROKER]: fetch / over HTTPS, by libkseal from Python.

Another language needs no binding: one structure, which may be left out, and the
functions. The socket that comes back is an ordinary one: its end is the end.
"""
import ctypes
import os
import socket
import sys


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
    """A connected socket that speaks TLS, and needs no more thought of it."""
    kseal = ctypes.CDLL("libkseal.so.0")
    handle = ctypes.c_void_p()
    result = Result()
    if broker:  # else it is kseald's usual place
        error = kseal.kseal_broker_open(broker, ctypes.byref(handle))
        if error:
            raise OSError(-error, "kseald cannot be reached: " + os.strerror(-error))
    tcp = socket.create_connection((host, port))
    fd = kseal.kseal_secure_connected(handle, tcp.detach(), host.encode(),
                                      ctypes.byref(result))
    kseal.kseal_broker_close(handle)
    if fd < 0:
        raise OSError(-fd, result.reason.decode())
    print(result.peer.decode(), result.suite.decode(), file=sys.stderr)
    return socket.socket(fileno=fd)


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
    while data := tls.recv(16384):
        sys.stdout.buffer.write(data)


main()
