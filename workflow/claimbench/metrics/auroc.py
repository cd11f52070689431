"""Area under the receiver operating characteristic."""

import torch
from torch import Tensor


def auroc(logits: Tensor, targets: Tensor) -> Tensor:
    """The mean, over classes, of the chance that an example of the class gets a higher p of it than one of the others.

    mean_{c: 0 < n_c < N} (P(p_ic > p_kc) + P(p_ic = p_kc) / 2),   i of class c, k of another

    One against the rest. With two classes both have the same area: the ordinary AUROC. Each area comes from the sum of
    the ranks of the class's examples, equal values sharing the mean of their ranks.

    Args:
        logits: z, `[N, C]`, C >= 2.
        targets: y, `[N]`, int64, 0 to C - 1. A class that has no targets, or all of them, has no area and does not
            count; where no class has one, the result is 0.5.

    Returns:
        0-dimensional, float64, 0 to 1.

    Source:
        Hand and Till 2001, "A Simple Generalisation of the Area Under the ROC Curve", for the rank sum; classes against
        the rest as in scikit-learn's `roc_auc_score` with `multi_class="ovr"`.
    """
    logits = logits.double()
    classes = torch.arange(logits.shape[-1], device=logits.device)
    # The log-odds of p_c order examples as p_c does, and do not become equal where p_c rounds to 1.
    log_odds = torch.stack(
        [logits[:, c] - logits.masked_fill(classes == c, -torch.inf).logsumexp(-1) for c in range(len(classes))]
    )
    is_class = classes.unsqueeze(-1) == targets
    ordered = log_odds.sort(-1).values
    first, last = torch.searchsorted(ordered, log_odds), torch.searchsorted(ordered, log_odds, right=True)
    ranks = (first + 1 + last).double() / 2
    inside = is_class.sum(-1).double()
    pairs = inside * (len(targets) - inside)
    wins = (ranks * is_class).sum(-1) - inside * (inside + 1) / 2
    area = (wins / pairs.clamp(min=1)).sum() / (pairs > 0).sum().clamp(min=1)
    return torch.where((pairs > 0).any(), area, 0.5)
