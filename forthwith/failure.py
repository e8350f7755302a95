"""How anything below the commands gives up: one error that says why, and what to do next."""


class Failure(Exception):
    """What was asked was not done. Says why, and what to do next."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint
