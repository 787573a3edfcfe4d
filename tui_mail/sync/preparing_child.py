"""The process that reads headers for a first synchronization.

Run as ``python -P -m tui_mail.sync.preparing_child`` with pipes as its input and output.
"""

import gc
import marshal
import os
import sys
from typing import BinaryIO

from tui_mail.mime.limits import limit
from tui_mail.mime.piped import LENGTH
from tui_mail.store.arriving import arriving
from tui_mail.transports.imap_raw import RawMessage, read


def answer(frame: bytes) -> bytes:
    """Make one batch ready."""
    return marshal.dumps(
        [tuple(arriving(read(RawMessage(*values)))) for values in marshal.loads(frame)]
    )


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer frames until the input ends."""
    while len(length := source.read(LENGTH.size)) == LENGTH.size:
        (size,) = LENGTH.unpack(length)
        frame = source.read(size)
        if len(frame) < size:
            return
        made = answer(frame)
        sink.write(LENGTH.pack(len(made)) + made)
        sink.flush()


def main() -> int:
    """Set the limits, say that it is ready, and serve."""
    os.closerange(3, 256)
    limit()
    # Nothing here goes in circles; looking for them is a tenth of the work.
    gc.disable()
    sys.stdout.buffer.write(LENGTH.pack(0))
    sys.stdout.buffer.flush()
    serve(sys.stdin.buffer, sys.stdout.buffer)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
