"""The account's database: the truth, and the only SQL.

``database`` opens it and gives transactions; ``schema`` says what is in it. Facts of
the server come in by ``mailboxes``, ``messages`` and ``content``; wishes by
``performing`` and ``journal``; ``replaying`` is what the engine makes of them,
``operations`` what people see of them; ``views``, ``messages`` and ``search`` are for
whoever shows mail.
"""
