"""The only network: servers' protocols, their libraries hidden, their errors ours."""
