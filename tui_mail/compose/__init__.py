"""Writing mail: nothing yet; its place between the store and the engine is kept."""
