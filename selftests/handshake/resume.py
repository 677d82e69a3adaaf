# SPDX-License-Identifier: GPL-2.0
"""A client of kseald for resume.sh: resume.py BROKER PORT NAME [PIN]

Connects to 127.0.0.1 by kseald, sends a request and reads to the end, as a program does
that knows nothing of TLS. Prints "resumed N", "peer SUBJECT SHA-256", and what it got.
"""
import ctypes
import socket
import sys

CLIENT, BY_KERNEL = 2, 1


class Request(ctypes.Structure):
    """struct kseal_request"""
    _fields_ = [
        ("size", ctypes.c_size_t), ("role", ctypes.c_int),
        ("server_name", ctypes.c_char_p), ("alpn", ctypes.c_char_p),
        ("identity", ctypes.c_char_p), ("timeout_ms", ctypes.c_uint),
        ("pin", ctypes.c_char_p), ("client_identity", ctypes.c_char_p),
        ("client_auth", ctypes.c_int), ("control", ctypes.c_int),
    ]


class Result(ctypes.Structure):
    """struct kseal_result"""
    _fields_ = [
        ("id", ctypes.c_uint32), ("error", ctypes.c_int), ("fd", ctypes.c_int),
        ("version", ctypes.c_uint16), ("cipher", ctypes.c_uint16),
        ("alpn", ctypes.c_char * 256), ("server_name", ctypes.c_char * 256),
        ("peer", ctypes.c_char * 64), ("suite", ctypes.c_char * 64),
        ("reason", ctypes.c_char * 256), ("peer_subject", ctypes.c_char * 1024),
        ("peer_names", ctypes.c_char * 1280), ("peer_fingerprint", ctypes.c_uint8 * 32),
        ("connection", ctypes.c_char * 32), ("resumed", ctypes.c_uint32),
        ("later", ctypes.c_char * 8192),
    ]


def connect(broker, port, name, pin):
    kseal = ctypes.CDLL("libkseal.so.0")
    handle = ctypes.c_void_p()
    result = Result()
    request = Request(size=ctypes.sizeof(Request), role=CLIENT, server_name=name.encode(),
                      pin=pin and pin.encode(), control=BY_KERNEL)
    if kseal.kseal_broker_open(broker.encode(), ctypes.byref(handle)):
        sys.exit("resume.py: kseald cannot be reached")
    if kseal.kseal_connect(handle, b"127.0.0.1", port.encode(), ctypes.byref(request),
                           ctypes.byref(result)):
        sys.exit("resume.py: " + result.reason.decode())
    print("resumed", result.resumed)
    print("peer", result.peer_subject.decode(), bytes(result.peer_fingerprint).hex(),
          flush=True)
    return socket.socket(fileno=result.fd)


def main():
    tls = connect(*(sys.argv[1:] + [None])[:4])
    tls.sendall(b"GET / HTTP/1.0\r\n\r\n")
    while data := tls.recv(16384):
        sys.stdout.buffer.write(data)


main()
