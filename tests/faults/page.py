"""Every fault with the tests that hold its promise. `python -m tests.faults.page` writes docs/faults.md."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.faults.catalogue import FAULTS

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "faults.md"


class Proof(NamedTuple):
    """A test that shows the promised outcome of one fault or several."""

    file: Path
    test: str
    faults: tuple[int, ...]
    is_long: bool

    @property
    def link(self) -> str:
        """In Markdown, from docs."""
        shown = f"[`{self.test}`](../{self.file.relative_to(ROOT).as_posix()})"
        return f"{shown} (*long*)" if self.is_long else shown


def proofs() -> Iterator[Proof]:
    """Every test that is marked with numbers, by file and place."""
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                faults = tuple(number for mark in node.decorator_list for number in numbers(mark))
                if faults:
                    is_long = any(ast.unparse(mark) == "pytest.mark.prove" for mark in node.decorator_list)
                    yield Proof(file, node.name, faults, is_long)


def numbers(node: ast.AST) -> tuple[int, ...]:
    """Of a mark such as ``pytest.mark.fault(16, 50)``; none of anything else."""
    match node:
        case ast.Call(func=func, args=args) if ast.unparse(func) == "pytest.mark.fault":
            return tuple(ast.literal_eval(number) for number in args)
        case _:
            return ()


def page() -> str:
    """What is proven, then what is not, in Markdown. Raises ``ValueError`` for a number that the catalogue lacks."""
    links: dict[int, list[str]] = {fault.number: [] for fault in FAULTS}
    for proof in proofs():
        for number in proof.faults:
            if number not in links:
                raise ValueError(f"{proof.file}: {proof.test}: fault {number} is not in tests/faults/catalogue.py")
            links[number].append(proof.link)
    proven = [fault for fault in FAULTS if links[fault.number]]
    unproven = [fault for fault in FAULTS if not links[fault.number]]
    return "\n".join(
        (
            "# Faults",
            "",
            "What can go wrong, what Forthwith promises then, and tests that hold it to that, a few for each.",
            "A *long* one runs with `make prove`, the others with `make test`. Written from",
            "[tests/faults/catalogue.py](../tests/faults/catalogue.py) and the marks of the tests by `make reference`.",
            "",
            "| # | Fault | Promised | Tests |",
            "|---|---|---|---|",
            *(
                f"| {fault.number} | {fault.fault} | {fault.promised} | {'<br>'.join(links[fault.number])} |"
                for fault in proven
            ),
            "",
            "## Not proven yet",
            "",
            "No test carries the number of these. Some may hold all the same.",
            "",
            "| # | Fault | What should come of it |",
            "|---|---|---|",
            *(f"| {fault.number} | {fault.fault} | {fault.promised} |" for fault in unproven),
            "",
        )
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
