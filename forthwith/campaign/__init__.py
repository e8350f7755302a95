"""What the office wrote. `models`, `ladder` and `subpoena_fields` are pure data with their checks, and stand below the
request. The other modules read campaign files with line numbers, plan a campaign and start it; they stand above all
that they check, draw up and start, and nothing but the commands may touch them.
"""
