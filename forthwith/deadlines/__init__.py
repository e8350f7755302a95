"""When a period ends, and why: calendars and their corrections, rules of statutes, counting, pauses, explanations.
Counting is pure arithmetic on a calendar that was pinned; only `calendar_builder`, `overlays`, `rule_files` and
`zones` read files or libraries. It may touch nothing of ours but base types, so that it serves as a calculator
alone.
"""
