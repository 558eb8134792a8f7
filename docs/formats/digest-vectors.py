#!/usr/bin/env python3
"""Writes digest-vectors.txt: a third implementation of docs/formats/digest.md, independent of the Java ones.

    python3 docs/formats/digest-vectors.py > docs/formats/digest-vectors.txt
"""
import hashlib
import struct

TABLE = []
for n in range(256):
    for _ in range(8):
        n = n >> 1 ^ (0x82F63B78 if n & 1 else 0)
    TABLE.append(n)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


assert crc32c(b"123456789") == 0xE3069283


def ramp(seed, length):
    return bytes((seed + 7 * i + i // 256) % 256 for i in range(length))


def fill(value, length):
    return bytes([value]) * length


def content(text):
    kind, number, length = text.split(":")
    return {"ramp": ramp, "fill": fill}[kind](int(number), int(length))


def page_checksum(region, page, data):
    return crc32c(struct.pack("<IQ", region, page) + data)


def slim_checksum(offset, data):
    return crc32c(b"slim" + struct.pack("<Q", offset) + data)


def page(region, number, text):
    checksum = page_checksum(region, number, content(text))
    print(f"page region={region} page={number} content={text} checksum={checksum:08x}")
    return region, number, checksum


def slim(offset, text):
    checksum = slim_checksum(offset, content(text))
    print(f"slim offset={offset} content={text} checksum={checksum:08x}")
    return checksum


def checkpoint(name, rows, runs, slim_bytes, slim_checksums):
    print(f"checkpoint name={name}")
    sha = hashlib.sha256()
    for region, number, what, checksum in rows:
        sha.update(struct.pack("<IQBI", region, number, what, checksum))
        if what == 0:
            print(f"content region={region} page={number} checksum={checksum:08x}")
        else:
            print(f"{'zero' if what == 1 else 'not_kept'} region={region} page={number}")
    for region, first, count in runs:
        sha.update(struct.pack("<IQBQ", region, first, 16, count))
        print(f"zero_tracts region={region} first={first} count={count}")
    sha.update(struct.pack("<BQ", 32, slim_bytes))
    for checksum in slim_checksums:
        sha.update(struct.pack("<I", checksum))
    listed = ",".join(f"{checksum:08x}" for checksum in slim_checksums) or "-"
    print(f"end slim_bytes={slim_bytes} slim_checksums={listed} digest={sha.hexdigest()}")


print("# Test vectors of docs/formats/digest.md; every implementation must agree. Made by digest-vectors.py.")
print("# Content: ramp:S:L is L bytes, byte i = (S + 7 i + i / 256) mod 256; fill:V:L is L bytes V.")
pages = [
    page(0, 0, "fill:0:4096"),
    page(0, 0, "ramp:1:4096"),
    page(1, 0, "ramp:1:4096"),
    page(0, 1, "ramp:1:4096"),
    page(3, 2047, "ramp:200:4096"),
    page(255, 2**31, "ramp:77:8192"),
    page(2, 2**40 - 1, "fill:255:65536"),
]
chunks = [slim(0, "ramp:9:100"), slim(0, "fill:0:0"), slim(1048576, "ramp:250:3000")]
checkpoint("empty", [], [], 0, [])
checkpoint("slim-only", [], [], 100, [chunks[0]])
checkpoint("one-page", [(0, 0, 0, pages[1][2])], [], 0, [])
checkpoint("one-zero-page", [(0, 0, 1, 0)], [], 0, [])
checkpoint("one-page-not-kept", [(0, 0, 3, 0)], [], 0, [])
checkpoint("zero-tracts", [], [(0, 0, 5), (7, 2**31 - 1, 1)], 0, [])
checkpoint(
    "mixed",
    [(r, n, 0, c) for r, n, c in pages] + [(4, 10, 1, 0), (4, 11, 3, 0)],
    [(5, 1, 2)],
    1048576 + 3000,
    [chunks[0], chunks[2]],
)
many = [(0, n, n % 2, 0 if n % 2 else (n * 2654435761) % 2**32) for n in range(600)]
checkpoint("more-rows-than-a-batch", many, [(1, 3, 4)], 0, [])
