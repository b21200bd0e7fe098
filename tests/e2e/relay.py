#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""relay: carry TCP connections from one network namespace into another, through a socket's file.

relay.py in SOCKET HOST PORT    connections to HOST:PORT go on to SOCKET
relay.py out SOCKET HOST PORT   connections to SOCKET go on to HOST:PORT
"""
import os
import socket
import sys
import threading


def carry(source: socket.socket, sink: socket.socket) -> None:
    """All that comes from SOURCE, until it ends."""
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def serve(near: socket.socket, family: int, address: 'str | tuple[str, int]') -> None:
    """One connection, both ways."""
    with near, socket.socket(family) as far:
        far.connect(address)
        back = threading.Thread(target=carry, args=(far, near))
        back.start()
        carry(near, far)
        back.join()


def main() -> None:
    """Until killed."""
    way, path, host, port = sys.argv[1:]
    inet = (host, int(port))
    listener = socket.socket(socket.AF_INET if way == 'in' else socket.AF_UNIX)
    if way == 'in':
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(inet)
    else:
        if os.path.exists(path):
            os.unlink(path)
        listener.bind(path)
        os.chmod(path, 0o777)
    listener.listen(128)
    while True:
        near, _ = listener.accept()
        if way == 'in':
            args = (near, socket.AF_UNIX, path)
        else:
            args = (near, socket.AF_INET, inet)
        threading.Thread(target=serve, args=args, daemon=True).start()


main()
