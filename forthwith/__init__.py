"""Forthwith sends formal document demands, keeps every deadline, and drafts the subpoena when time runs out."""

import zoneinfo

# Dates are part of the record, so time zones come from the pinned `tzdata` and not from whatever the host has.
zoneinfo.reset_tzpath(to=())
