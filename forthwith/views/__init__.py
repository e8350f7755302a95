"""What people and other systems are shown of a request: status and explanation, the Web UI page, lists and tasks,
forecasts and calendar files. Pure projections of the request's state and record: they decide nothing, and nobody
reads their English back. They may touch request, documents, campaign models and deadlines.
"""
