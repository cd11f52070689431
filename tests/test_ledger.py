"""The ledger as it is committed: each paper of the seed documents once, under the number and key that it always had."""

import hashlib
import time
from collections import Counter

import pytest

from claimbench.spec import CLAIMS, Claim, load_ledger

STUDIES = {
    "classify": 89, "custom": 77, "lm": 52, "generate": 39, "hpo": 38, "finetune": 35, "embed": 33, "preference": 31,
    "identity": 30, "synthetic_opt": 30, "rl": 28, "optimize": 27, "regress": 26, "compress": 25, "landscape": 20,
    "federate": 17, "infotheory": 13, "kernel_regression": 13, "bandit_online": 12, "continual": 8, "pinn": 8,
    "kernel_bench": 6, "conformal": 2,
}  # fmt: skip
IDS_AND_KEYS = "5c9741a2ad884d9657f3a327891e443c1b240a29325a6487c934c4ae9e902ac6"


@pytest.fixture(scope="module")
def papers() -> list[Claim]:
    """The claims of the seed documents, by number; a claim that somebody added has no seeds."""
    return sorted((claim for claim in load_ledger().values() if claim.seeds), key=lambda claim: claim.id)


def test_every_file_is_a_claim() -> None:
    assert len(load_ledger()) == len(list(CLAIMS.rglob("*.toml")))


def test_no_paper_is_missing_or_renamed(papers: list[Claim]) -> None:
    assert len(papers) == 659
    listing = "\n".join(f"{claim.id} {claim.key}" for claim in papers)
    assert hashlib.sha256(listing.encode()).hexdigest() == IDS_AND_KEYS


def test_the_counts_are_the_catalogues(papers: list[Claim]) -> None:
    assert Counter(claim.study for claim in papers) == STUDIES
    seeds = Counter(seed for claim in papers for seed in claim.seeds)
    assert seeds == {"002": 222, "004": 197, "000": 195, "001": 88, "003": 58}
    assert Counter(claim.fidelity for claim in papers) == {"exact": 135, "scaled": 365, "mechanism": 137, "none": 22}


def test_each_paper_keeps_its_draft_and_says_why_where_it_cannot_be_tested(papers: list[Claim]) -> None:
    for claim in papers:
        assert claim.proposal is not None, claim.key
        assert claim.proposal["test"], claim.key
        assert (claim.status == "not testable") == (claim.fidelity == "none") == (claim.not_testable is not None)


def test_loading_and_checking_takes_under_a_second() -> None:
    def seconds() -> float:
        start = time.process_time()  # other processes of the machine do not count
        load_ledger()
        return time.process_time() - start

    assert min(seconds() for _ in range(3)) < 1.0
