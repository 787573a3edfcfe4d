"""What a process that reads what others wrote may use."""

import resource

MEMORY = 512_000_000
"""Octets of address space, the interpreter's own among them."""
CPU_SECONDS = 60
"""Of the whole life; the client replaces a child long before it has used them."""


def limit() -> None:
    """Take away what no parsing needs: memory, time, files, cores."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        hard = resource.getrlimit(what)[1]
        if hard != resource.RLIM_INFINITY:
            most = min(most, hard)
        resource.setrlimit(what, (most, most))
