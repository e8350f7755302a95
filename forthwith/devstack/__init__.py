"""The local stack for demo, development and tests: the embedded Temporal server, a mailbox that keeps every letter,
the virtual clock, and the rehearsal that runs a campaign through its months. It may touch workflows and views; no
product code but the commands touches it.
"""
