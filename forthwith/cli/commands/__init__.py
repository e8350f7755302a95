"""One module for each subject of the command line: typer functions, and what they print. What they call lives in the
rooms below.
"""
