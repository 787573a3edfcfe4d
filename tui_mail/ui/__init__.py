"""The screen: the only Textual.

``app`` puts the parts together. ``commands`` is the table of all that can be done, one
row each; ``keymap`` and ``dispatch`` lead from keys to its rows, ``actions`` does them.
``widgets`` draw, ``screens`` lie over the panes and ask. State goes down, messages go up;
what changed in the stores comes by ``bridge``, what a person wants goes by ``wishes``.
"""
