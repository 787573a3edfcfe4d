"""Hostile octets in, safe values out.

``headers`` makes envelopes, ``parse`` the tree of parts, ``readable`` the text that a
person reads. HTML and whole messages are read in a child process (``render_child``);
``render`` is its client. An engine's child makes rows of whole messages besides
(``sync.reading_child``).
"""
