"""Only classes of activities with what they take and return: letters, drafting, dates, record. Each gets its clients
through `__init__` from `worker.py`. What they do they call in the rooms below, which never import them.
"""
