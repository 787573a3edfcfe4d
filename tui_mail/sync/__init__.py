"""The engine: a process per account that reconciles, replays and fetches ahead."""
