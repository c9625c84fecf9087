"""A server that takes what S3 takes and gives back bytes, after a delay, in its own process."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

CODE = r"""
import base64, functools, socket, sys, threading, time, zlib
DELAY = float(sys.argv[1])
BODY = bytes(1 << 20)
ETAG = b'etag: "d41d8cd98f00b204e9800998ecf8427e"\r\n'
BEGUN = b"<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>"
DONE = b'<CompleteMultipartUploadResult><ETag>"x-1"</ETag></CompleteMultipartUploadResult>'

@functools.cache
def checksum(size):
    crc = 0
    for start in range(0, size, len(BODY)):
        crc = zlib.crc32(BODY[: size - start], crc)
    return b"x-amz-checksum-crc32: %s\r\n" % base64.b64encode(crc.to_bytes(4, "big"))

def sized(target):
    return int(target.rpartition(b"/")[2].split(b"?")[0].split(b".")[0].split(b"-")[-1] or 0)

def reply(link, head, body=b"", status=b"200 OK", extra=b"", length=None):
    size = len(body) if length is None else length
    head = b"HTTP/1.1 %s\r\ncontent-length: %d\r\n" % (status, size)
    link.sendall(head + ETAG + extra + b"\r\n" + body)

def get(link, target, headers):
    whole = sized(target)
    start, end = 0, whole - 1
    span = headers.get(b"range")
    extra, status = b"accept-ranges: bytes\r\n", b"200 OK"
    if span:
        first, _, last = span.split(b"=")[1].partition(b"-")
        start, end = int(first), int(last or end)
        status = b"206 Partial Content"
        extra += b"content-range: bytes %d-%d/%d\r\n" % (start, end, whole)
    else:
        # As S3: with the whole, and not with a range.
        extra += checksum(whole)
    left = end - start + 1
    reply(link, None, status=status, extra=extra, length=left)
    while left > 0:
        left -= link.send(BODY[:left] if left < len(BODY) else BODY)

def answer(link):
    room = bytearray(1 << 20)
    left = b""
    try:
        while True:
            while b"\r\n\r\n" not in left:
                got = link.recv(65536)
                if not got:
                    return
                left += got
            head, _, left = left.partition(b"\r\n\r\n")
            line, *lines = head.split(b"\r\n")
            method, target, _ = line.split(b" ", 2)
            headers = {n.lower(): v.strip() for n, _, v in (l.partition(b":") for l in lines)}
            if b"expect" in headers:
                link.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            missing = int(headers.get(b"content-length", 0)) - len(left)
            left = left[missing:] if missing < 0 else b""
            while missing > 0:
                missing -= link.recv_into(room, min(missing, len(room)))
            time.sleep(DELAY)
            if method == b"GET":
                get(link, target, headers)
            elif method == b"HEAD":
                reply(link, None, length=sized(target))
            elif method == b"POST":
                reply(link, None, BEGUN if b"uploads" in target else DONE)
            else:
                reply(link, None)
    except OSError:
        return

with socket.create_server(("127.0.0.1", int(sys.argv[2])), backlog=256) as server:
    print(server.getsockname()[1], flush=True)
    while True:
        link, _ = server.accept()
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=answer, args=(link,), daemon=True).start()
"""


@contextmanager
def serve(delay_s: float, port: int = 0) -> Iterator[str]:
    """Start the server and yield its address. An object is as big as its name ends."""
    command = [sys.executable, "-c", CODE, str(delay_s), str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.terminate()
        process.wait()
