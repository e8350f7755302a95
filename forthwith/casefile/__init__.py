"""The dossier, outside Temporal: the store whose objects are written once, claims and receipts of letters, and what
reads a case file again: verify, audit, export, recovery. It may touch the request and its projections, never an
activity, a workflow or a server: whatever it is asked it answers from files.
"""
