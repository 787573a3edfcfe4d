"""The Unix socket between readers and engines: its few messages, client and server."""
