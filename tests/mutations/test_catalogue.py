"""The bugs still fit the code: a list that no longer does would notice nothing. Making them is `make mutants`."""

import ast

import pytest
from tests.mutations.__main__ import MUTATIONS
from tests.mutations.mutation import ROOT, Mutation


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_bug_can_be_made(mutation: Mutation) -> None:
    source = (ROOT / mutation.module).read_text()
    assert ast.dump(ast.parse(mutation.broken(source))) != ast.dump(ast.parse(source))
    assert all((ROOT / tests).exists() for tests in mutation.tests)


def test_names_are_unique() -> None:
    assert len({mutation.name for mutation in MUTATIONS}) == len(MUTATIONS)
