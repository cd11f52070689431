"""Seeds: the same in every process, on every machine; another name, another seed."""

import hashlib
import subprocess
import sys
from itertools import product

import torch

from claimbench.training.seeds import generator, seed

PINNED = 7501593008359850329  # seed("split", "digits-mlp", "digits", 0)


def test_a_seed_is_the_head_of_the_hash_of_its_name() -> None:
    # printf 'split/digits-mlp/digits/0' | sha256sum  ->  d036063121af82b2...; the first 8 bytes, halved
    head = hashlib.sha256(b"split/digits-mlp/digits/0").hexdigest()[:16]
    assert seed("split", "digits-mlp", "digits", 0) == int(head, 16) // 2 == PINNED


def test_another_process_with_another_hash_seed_has_the_same_seed() -> None:
    code = "from claimbench.training.seeds import seed; print(seed('split', 'digits-mlp', 'digits', 0))"
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": "99", "PYTHONPATH": ":".join(sys.path)},
    )
    assert int(done.stdout) == PINNED


def test_names_have_different_seeds_that_torch_accepts() -> None:
    names = list(product(("split", "weights", "order"), ("digits-mlp", "mnist1d-mlp"), range(50)))
    seeds = {seed(*name) for name in names}
    assert len(seeds) == len(names)
    assert all(0 <= value < 2**63 for value in seeds)


def test_a_generator_neither_reads_nor_moves_the_global_state() -> None:
    torch.manual_seed(0)
    state = torch.get_rng_state()
    first = torch.rand(4, generator=generator("split", 1))
    assert torch.equal(state, torch.get_rng_state())
    torch.manual_seed(1)
    assert torch.equal(first, torch.rand(4, generator=generator("split", 1)))
    assert not torch.equal(first, torch.rand(4, generator=generator("split", 2)))
