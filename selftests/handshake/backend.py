# SPDX-License-Identifier: GPL-2.0
"""Back ends that know nothing of TLS, for front.sh: backend.py BYTES

digest  reads to the end, then sends the SHA-256 of what it got, in hex
reset   sends BYTES of an HTTP response that is twice as long, then resets the connection
expect  reads to the end, and prints how that came: "end N" or "reset N"

Each first prints its name and the port that it listens on, on 127.0.0.1, and serves one
connection at a time, for ever.
"""
import hashlib
import socket
import struct
import sys
import threading


def read_all(connection, take):
    while True:
        data = connection.recv(1 << 20)
        if not data:
            return
        take(data)


def digest(connection):
    sha = hashlib.sha256()
    read_all(connection, sha.update)
    connection.sendall(sha.hexdigest().encode())


def reset(connection):
    size = int(sys.argv[1])
    connection.recv(4096)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (2 * size))
    connection.sendall(b"x" * size)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def expect(connection):
    sizes = []
    try:
        read_all(connection, lambda data: sizes.append(len(data)))
        print("end", sum(sizes), flush=True)
    except ConnectionResetError:
        print("reset", sum(sizes), flush=True)


def run(serve, listener):
    while True:
        connection, _ = listener.accept()
        with connection:
            serve(connection)


def main():
    for serve in digest, reset, expect:
        listener = socket.create_server(("127.0.0.1", 0))
        print(serve.__name__, listener.getsockname()[1], flush=True)
        threading.Thread(target=run, args=(serve, listener)).start()


main()
