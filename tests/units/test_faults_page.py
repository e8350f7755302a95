"""The page of the faults says what the marks of the tests say."""

import ast
from collections import Counter

from tests.faults.catalogue import FAULTS
from tests.faults.page import PAGE, ROOT, numbers, page, proofs


def test_the_page_is_that_of_the_code() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "write it anew: make reference"


def test_the_faults_are_numbered() -> None:
    assert [fault.number for fault in FAULTS] == [*range(1, len(FAULTS) + 1)]


def test_every_number_of_a_mark_is_in_the_catalogue_and_stands_there_once() -> None:
    known = {fault.number for fault in FAULTS}
    for proof in proofs():
        assert {*proof.faults} <= known, proof
        assert len({*proof.faults}) == len(proof.faults), proof


def test_every_mark_stands_on_a_test() -> None:
    """A number on anything else, as on a helper or on a whole module, would prove nothing."""
    written = Counter(
        (path, number)
        for path in (ROOT / "tests").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for number in numbers(node)
    )
    assert written == Counter((proof.file, number) for proof in proofs() for number in proof.faults)
