"""Writing mail: from what a person types to the octets that go out.

``draft`` is what is being written, ``fields`` reads its addresses, ``serialise`` makes
the message of it; ``raw`` does so with a message that a program wrote. Nothing here
reads the store or a server.
"""
