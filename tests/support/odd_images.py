"""Images as they come from cameras and other tools: turned by EXIF, CMYK, animated; some made by Pillow, as base64."""

from __future__ import annotations

import struct
import zlib
from base64 import b64decode

import cv2
import numpy as np
from numpy.typing import NDArray

CMYK_JPEG = b64decode(
    "/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwANCQoLCggNCwoLDg4NDxMgFRMSEhMnHB4XIC4pMTAuKS0sMzpKPjM2RjcsLUBXQUZMTlJTUjI+WmFaUG"
    "BKUVJP/8AAFAgAFAAeBEMRAE0RAFkRAEsRAP/EAB8AAAEFAQEBAQEBAAAAAAAAAAABAgMEBQYHCAkKC//EALUQAAIBAwMCBAMFBQQEAAABfQEC"
    "AwAEEQUSITFBBhNRYQcicRQygZGhCCNCscEVUtHwJDNicoIJChYXGBkaJSYnKCkqNDU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dX"
    "Z3eHl6g4SFhoeIiYqSk5SVlpeYmZqio6Slpqeoqaqys7S1tre4ubrCw8TFxsfIycrS09TV1tfY2drh4uPk5ebn6Onq8fLz9PX29/j5+v/aAA4E"
    "QwBNAFkASwAAPwDrK4OuVr06qGv/APIval/16S/+gGmS/wCqf/dNR3P/AB6y/wC4f5UV4nWfXPUUUUUV73WnXS0VQ1//AJF7Uv8Ar0l/9ANMl/"
    "1T/wC6ajuf+PWX/cP8qK8TrPrnqKKKKK97rTrpaKoa/wD8i9qX/XpL/wCgGmS/6p/901Hc/wDHrL/uH+VFeJ1n1z1FFFFFf//Z"
)
"""30x20 pixels, left half RGB (200, 31, 60), the rest black; by Pillow."""
ANIMATED_WEBP = b64decode(
    "UklGRkABAABXRUJQVlA4WAoAAAACAAAAHQAAEwAAQU5JTQYAAAAAAAAAAABBTk1GXAAAAAAAAAAAAB0AABMAAAAAAAJWUDggRAAAALADAJ0BKh"
    "4AFAA+bTSWR6QjIiEoCACADYllAMkCgH4AAtaQY7UAAP7wm0P/yC5YXXI1//ID/kB/yA//kB/+m9mp84AAQU5NRlQAAAAAAAAAAAAdAAATAAAA"
    "AAAAVlA4IDwAAAAUAwCdASoeABQAPm00lkeCgIAAANiWUAdgD8AATc/6iKAA/vCwN//+QXLC65Gv//mwK5rn6W/72sAAAABBTk1GVAAAAAAAAA"
    "AAAB0AABMAAAAAAABWUDggPAAAANQCAJ0BKh4AFAA+bTSWR4KAgAAA2JZQB2AATFDh2jAA/vkd2//+QH/+QH/+QH/8gP/+IXeyHP/0/gAAAA=="
)
"""30x20 pixels, three pictures: red, green, blue; by Pillow."""
ANIMATED_PNG = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAB4AAAAUCAIAAAAVyRqTAAAACGFjVEwAAAADAAAAAM7tusAAAAAaZmNUTAAAAAAAAAAeAAAAFAAAAAAAAAAAAA"
    "AAAQAATHJ6gQAAACFJREFUeJxj/M9AK8BEM5NHjR41etToUaNHjR41moZGAwCpmgEn6vtVzQAAABpmY1RMAAAAAQAAAB4AAAAUAAAAAAAAAAAA"
    "AAABAADXAZBVAAAAJWZkQVQAAAACeJxjZGhgoBFgopXBo0aPGj1q9KjRo0aPGk1LowEiiAConL4vrQAAABpmY1RMAAAAAwAAAB4AAAAUAAAAAA"
    "AAAAAAAAABAAA6l0O8AAAAJ2ZkQVQAAAAEeJxjZGD4z0AbwEQjc0eNHjV61OhRo0eNHjWapkYDAKecAScCQehQAAAAAElFTkSuQmCC"
)
ANIMATED_GIF = b64decode(
    "R0lGODdhHgAUAIEAAP8AAAAAAAAAAAAAACwAAAAAHgAUAAAIKgABCBxIsKDBgwgTKlzIsKHDhxAjSpxIsaLFixgzatzIsaPHjyBDiiwYEAAh+Q"
    "QBAAABACwAAAAAHgAUAIEAgAAAAAAAAAAAAAAIKgABCBxIsKDBgwgTKlzIsKHDhxAjSpxIsaLFixgzatzIsaPHjyBDiiwYEAAh+QQBAAABACwA"
    "AAAAHgAUAIEAAP8AAAAAAAAAAAAIKgABCBxIsKDBgwgTKlzIsKHDhxAjSpxIsaLFixgzatzIsaPHjyBDiiwYEAA7"
)
TURNED_WEBP = b64decode(
    "UklGRqAAAABXRUJQVlA4WAoAAAAIAAAAHQAAEwAAVlA4IGAAAACwAwCdASoeABQAPm0qkkakIiGhMBgIAIANiWQAqPQQ7+A76f0CAAD+7oM2oT"
    "P5XIYsavXC2uGv/9pZ//1ebhnVL/+pZ/RMqL1Q2sLK5EwhIPc1uZHjfWFqyoX5JmgoAABFWElGGgAAAE1NACoAAAAIAAEBEgADAAAAAQAGAAAA"
    "AAAA"
)
"""30x20 pixels with orientation 6; by Pillow."""


def encoded(image: NDArray[np.generic], suffix: str = ".png") -> bytes:
    """The picture (BGR) in that format."""
    return bytes(cv2.imencode(suffix, image)[1].tobytes())


def tiff(orientation: int, order: str = ">") -> bytes:
    """The EXIF data that says this orientation."""
    entry = struct.pack(f"{order}HHIHH", 0x0112, 3, 1, orientation, 0)
    start = b"MM\0*" if order == ">" else b"II*\0"
    return start + struct.pack(f"{order}IH", 8, 1) + entry + bytes(4)


def turned_jpeg(image: NDArray[np.generic], orientation: int, order: str = ">") -> bytes:
    """The picture as a JPEG that is to be shown turned."""
    data = encoded(image, ".jpg")
    body = b"Exif\0\0" + tiff(orientation, order)
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + data[2:]


def turned_png(image: NDArray[np.generic], orientation: int) -> bytes:
    """The picture as a PNG that is to be shown turned."""
    data = encoded(image)
    body = b"eXIf" + tiff(orientation)
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return data[:33] + chunk + data[33:]
