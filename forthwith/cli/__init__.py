"""The operator's commands: `commands/` has one module a subject, `report/` draws the report, `options`, `output`,
`send` and `bulk` are what commands share. It may touch everything; nothing but `starter.py` touches it.
"""
