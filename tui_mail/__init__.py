"""tui-mail, a full-screen mail reader for the terminal: the map of the house.

The house in one sentence: the screen writes wishes into the store, the engine writes
facts, and the two meet only there. A key press becomes a committed row; the engine
carries that row to a server when it can. So the screen never waits for a network,
offline is not a mode but the normal case, and a crash at any point loses nothing.

Layers, from the top; imports point down only, those on one line do not know each other:

    __main__                               arguments to cli, ui or demo
    ui | cli | demo                        the screen; the commands; the sample mailbox
    sync                                   the engine, a process per account
    transports | link | store | compose    networks; the engine's socket; SQL; writing
    mime | config                          octets to safe values; settings, secrets, places
    model                                  values only

The words are the RFCs'. *Fetch* is from a server, *load* from the store; *apply* a
server's fact to the store, *perform* a user's wish on it; *replay* a wish on the server,
*settle* or *revert* it after; *render* for a person.

Two flows. A wish: a key in ``ui`` is performed by ``store.perform`` in one transaction
with its local effect, its journal entry and what has to be replayed; the row is
repainted from the commit's event; ``link`` wakes the engine; ``sync.replay`` tells the
server and settles. A fact: ``transports.imap`` reads a response, ``sync`` applies it
with the cursor that covers it in one transaction; after the commit the engine tells its
readers which ids changed, and ``ui.bridge`` has the panes load those again.

Hostile text has one boundary: ``model.displayable``. Servers' and libraries' failures
have one: the transports translate them into ``model.error``.
"""

__version__ = "0.1.0"
