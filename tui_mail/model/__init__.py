"""Values only: frozen dataclasses and pure functions, standard library, no I/O."""
