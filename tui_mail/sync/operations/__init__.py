"""How each kind of wish is replayed on the server: one file per kind.

Each replay may be cut off at any point and is begun again: it looks first at what the
server has already done.
"""
