"""The workflow, one for each request. It waits, calls activities and records what happened; what is decided is in
`forthwith.request`. It may touch activities, documents, views and the request, and nothing that reads the
environment.
"""
