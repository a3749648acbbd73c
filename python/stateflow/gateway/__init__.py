"""The HTTP gateway: the same contract on every target."""
