"""The commands without a screen.

``commands`` is the table of them; each has a module of its own with ``add_arguments``
and ``run``, imported only when it is called. What they print goes through ``output``.
"""
