"""Classification: train every trial of every replicate as lanes, select on validation data, score once on test data.

A replicate is the whole procedure: an independent split, K settings, training, selection, one look at the test set.
"""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any

import torch
from torch import Tensor, nn

from claimbench import data, losses, metrics, models, posthoc, probes, registry, schedules
from claimbench.errors import ClaimbenchError
from claimbench.probes import Subject
from claimbench.studies import AT_END, Context, Row
from claimbench.training.lanes import Lanes, forward
from claimbench.training.loop import epochs, train
from claimbench.training.seeds import generator
from claimbench.training.splits import Split, make_split
from claimbench.training.tuning import Setting, draw, product

METRICS = ("accuracy", "balanced_accuracy", "nll", "brier", "ece", "mean_confidence", "mean_margin")
AT_CHANCE = {"accuracy", "balanced_accuracy", "train_accuracy", "clean_train_accuracy", "corrupted_label_fit"}


def measure(spec: dict[str, Any], context: Context) -> list[Row]:
    """All measurements of one cell, data set by data set.

    Raises:
        ClaimbenchError: the arm lacks a part, names what does not exist, or the data set is too small.
    """
    if missing := {"loss", "optimizer", "set", "tune"} - set(spec["arm"]):
        raise ClaimbenchError(f"the arm lacks {', '.join(sorted(missing))}")
    torch.set_num_threads(1)  # small networks get slower with two threads, and sums keep their order
    return [row for dataset in spec["task"]["datasets"] for row in Classification(spec, dataset, context).rows()]


@dataclass(frozen=True)
class Trial:
    """One trained lane: its weights, its logits on validation data, and whether these are finite."""

    weights: dict[str, Tensor]
    val_logits: Tensor
    score: float  # validation accuracy, -1 if diverged
    curve_steps: list[int]
    curve: list[float]

    @property
    def diverged(self) -> bool:
        """Whether training ended with logits that are not finite."""
        return self.score < 0


class Classification:
    """The measurements of one cell on one data set."""

    def __init__(self, spec: dict[str, Any], dataset: str, context: Context) -> None:
        self.task, self.arm, self.condition = spec["task"], spec["arm"], spec["condition"]
        self.replicates = range(spec["replicates"])
        self.dataset, self.context = dataset, context
        self.about = data.get(dataset)
        self.classes = self.about.classes - int(self.condition.get("held_out_classes", 0))
        self.probes = spec.get("probes", [])
        self.splits = self._splits()
        self.settings = [self._settings(replicate, spec["trials"]) for replicate in self.replicates]

    def rows(self) -> list[Row]:
        """Train all lanes, select, score."""
        jobs = [(replicate, trial) for replicate in self.replicates for trial in range(len(self.settings[replicate]))]
        trained: dict[tuple[int, int], Trial] = {}
        for start in range(0, len(jobs), self.task["width"]):
            trained |= self._train(jobs[start : start + self.task["width"]])
        rows = []
        for replicate in self.replicates:
            trials = [trained[replicate, trial] for trial in range(len(self.settings[replicate]))]
            chosen = max(range(len(trials)), key=lambda trial: trials[trial].score)  # ties: the first drawn
            values = self._scores(trials[chosen], replicate) | self._tuning(replicate, trials, chosen)
            rows += [Row(self.dataset, replicate, AT_END, metric, value) for metric, value in values.items()]
            curve = zip(trials[chosen].curve_steps, trials[chosen].curve, strict=True)
            rows += [Row(self.dataset, replicate, step, "train_loss", value) for step, value in curve]
        return rows + self._deviations(rows)

    def _deviations(self, rows: list[Row]) -> list[Row]:
        """How far each accuracy is from the arm's median: the steadier arm's are smaller (Brown and Forsythe 1974)."""
        accuracies = [row for row in rows if row.metric == "accuracy"]
        middle = median(row.value for row in accuracies)
        return [row._replace(metric="accuracy_deviation", value=abs(row.value - middle)) for row in accuracies]

    def _splits(self) -> list[Split]:
        arrays = data.load(self.dataset, self.context.data)
        x, y = torch.from_numpy(arrays["x"]), torch.from_numpy(arrays["y"])
        if self.about.fresh and len(self.replicates) > len(x):
            raise ClaimbenchError(f"{self.dataset} has {len(x)} draws; {len(self.replicates)} replicates are asked for")
        splits = []
        for replicate in self.replicates:
            own_x, own_y = (x[replicate], y[replicate]) if self.about.fresh else (x, y)
            name = self.task["name"], self.dataset, replicate
            splits.append(make_split(own_x, own_y, self.task, self.condition, self.about.kind == "table", *name))
        return splits

    def _settings(self, replicate: int, trials: int) -> list[Setting]:
        for knob in (*self.arm["tune"], *self.arm.get("grid", {})):
            if knob.startswith("model."):
                raise ClaimbenchError(f"{knob} cannot be tuned: lanes share one architecture; set or sweep it")
        if "grid" in self.arm:
            drawn = product(self.arm["grid"])
        else:
            drawn = draw(self.arm["tune"], trials, self.task["name"], self.dataset, replicate)
        return [{**self.arm["set"], **setting} for setting in drawn]

    def _model(self, replicate: int) -> nn.Module:
        hyper = {
            knob.removeprefix("model."): value for knob, value in self.arm["set"].items() if knob.startswith("model.")
        }
        source = generator("weights", self.task["name"], self.dataset, replicate)
        return models.get(self.task["model"])(self.about.input_shape, self.classes, generator=source, **hyper)

    def _train(self, jobs: list[tuple[int, int]]) -> dict[tuple[int, int], Trial]:
        """Train the lanes of `jobs`, pairs (replicate, trial), as one stack."""
        lanes = Lanes(
            [self._model(replicate) for replicate, _ in jobs],
            losses.get(self.arm["loss"]),
            self._hyper("loss", jobs),
            self.arm["optimizer"],
            self._hyper("optimizer", jobs),
            self.context.device,
        )
        own = [self.splits[replicate] for replicate, _ in jobs]
        val_x = torch.stack([split.val_x for split in own]).to(self.context.device)
        val_y = torch.stack([split.val_y for split in own]).to(self.context.device)

        def val_logits() -> Tensor:
            with torch.no_grad():
                return lanes.logits(val_x)

        def score(logits: Tensor) -> Tensor:
            accuracy = (logits.argmax(-1) == val_y).double().mean(-1)
            return torch.where(logits.isfinite().all(-1).all(-1), accuracy, -1.0)

        validate = (lambda: score(val_logits())) if self.arm.get("early_stopping") else None
        started = time.perf_counter()
        schedule = schedules.get(self.task["schedule"])
        curve = train(lanes, self._batches(jobs), self.task["steps"], schedule, validate)
        self._count(time.perf_counter() - started, len(jobs))
        final, weights = val_logits(), {name: value.cpu() for name, value in lanes.snapshot().items()}
        logits, scores, losses_of = final.cpu(), score(final).tolist(), curve.loss.T.tolist()
        return {
            job: Trial(
                {name: value[lane] for name, value in weights.items()},
                logits[lane],
                scores[lane],
                curve.steps,
                losses_of[lane],
            )
            for lane, job in enumerate(jobs)
        }

    def _hyper(self, slot: str, jobs: list[tuple[int, int]]) -> dict[str, list[Any]]:
        """The slot's hyper-parameters, defaults filled in: name -> one value for each lane."""
        defaults = registry.parameters("losses" if slot == "loss" else "optimizers", self.arm[slot])
        return {
            name: [self.settings[replicate][trial].get(f"{slot}.{name}", default) for replicate, trial in jobs]
            for name, default in defaults.items()
        }

    def _batches(self, jobs: list[tuple[int, int]]) -> Iterator[tuple[Tensor, Tensor]]:
        """Batches for all lanes; the lanes of a replicate see the same ones."""
        present = sorted({replicate for replicate, _ in jobs})
        position = torch.tensor([present.index(replicate) for replicate, _ in jobs])
        x = torch.stack([self.splits[replicate].train_x for replicate in present]).to(self.context.device)
        y = torch.stack([self.splits[replicate].train_y for replicate in present]).to(self.context.device)
        streams = [
            epochs(y.shape[1], self.task["batch"], self.task["name"], self.dataset, replicate) for replicate in present
        ]
        while True:
            index = torch.stack([next(stream) for stream in streams])[position]
            yield x[position[:, None], index], y[position[:, None], index]

    @torch.no_grad()
    def _scores(self, trial: Trial, replicate: int) -> dict[str, float]:
        """The chosen trial on test data, and what it made of its training labels; a diverged run scores as a guess."""
        split, classify = self.splits[replicate], self._classifier(trial)
        test, fitted = classify(split.test_x), classify(split.train_x)
        if trial.diverged:
            test, fitted = torch.zeros_like(test), torch.zeros_like(fitted)
        elif "posthoc" in self.arm:
            test = posthoc.get(self.arm["posthoc"])(trial.val_logits, split.val_y, test)
        values = {name: metrics.get(name)(test, split.test_y).item() for name in METRICS}
        predicted, corrupted = fitted.argmax(-1), split.train_y != split.train_true
        values["train_accuracy"] = (predicted == split.train_y).double().mean().item()
        values["clean_train_accuracy"] = (predicted == split.train_true).double().mean().item()
        if corrupted.any():
            values["corrupted_label_fit"] = (predicted == split.train_y)[corrupted].double().mean().item()
        if trial.diverged:  # a constant guess would score the share of its class: chance is one in C
            values |= dict.fromkeys(values.keys() & AT_CHANCE, 1.0 / self.classes)
        elif self.probes:
            values |= self._probed(classify, split, replicate)
        values |= {"diverged": float(trial.diverged), "fresh_data": float(self.about.fresh)}
        return values | {"test_size": float(len(split.test_y)), "train_size": float(len(split.train_y))}

    def _classifier(self, trial: Trial) -> Callable[[Tensor], Tensor]:
        """The trial's model as a function of its inputs."""
        model = self._model(0).to("meta")
        return lambda inputs: forward(model, trial.weights, inputs)

    def _probed(self, classify: Callable[[Tensor], Tensor], split: Split, replicate: int) -> dict[str, float]:
        """What the cell's probes find."""
        name = self.task["name"], self.dataset, replicate
        subject = Subject(
            classify=classify,
            val_x=split.val_x,
            val_y=split.val_y,
            test_x=split.test_x,
            test_y=split.test_y,
            unseen_x=split.unseen_x,
            kind=self.about.kind,
            generator=lambda purpose: generator(purpose, *name),
        )
        return {metric: value for probe in self.probes for metric, value in probes.get(probe)(subject).items()}

    def _tuning(self, replicate: int, trials: list[Trial], chosen: int) -> dict[str, float]:
        """What was chosen, and whether it was the smallest or largest value that was tried."""
        settings = self.settings[replicate]
        values = {
            "validation_accuracy": max(0.0, trials[chosen].score),
            "diverged_trials": sum(trial.diverged for trial in trials) / len(trials),
        }
        for knob in sorted(self.arm.get("grid", self.arm["tune"])):
            tried = [setting[knob] for setting in settings]
            values[f"chosen/{knob}"] = settings[chosen][knob]
            values[f"edge/{knob}"] = float(settings[chosen][knob] in (min(tried), max(tried)))
        if {"optimizer.lr", "optimizer.weight_decay"} <= set(self.arm.get("grid", {})):
            slope = self._decay_slope(replicate, trials)
            values |= {} if slope is None else {"decay_slope": slope, "decay_coupling": abs(slope)}
        return values

    def _decay_slope(self, replicate: int, trials: list[Trial]) -> float | None:
        """Least-squares slope of log(best weight decay) over log(learning rate), best by validation likelihood.

        Learning rates at which every trial diverged are left out; None where fewer than two remain.
        """
        best: dict[float, tuple[float, float]] = {}
        for setting, trial in zip(self.settings[replicate], trials, strict=True):
            if not trial.diverged:
                nll = metrics.get("nll")(trial.val_logits, self.splits[replicate].val_y).item()
                lr, decay = setting["optimizer.lr"], setting["optimizer.weight_decay"]
                best[lr] = min(best.get(lr, (math.inf, decay)), (nll, decay))
        if len(best) < 2:
            return None
        x = torch.tensor([math.log(lr) for lr in best], dtype=torch.float64)
        z = torch.tensor([math.log(decay) for _, decay in best.values()], dtype=torch.float64)
        return ((x - x.mean()) @ (z - z.mean()) / (x - x.mean()).square().sum()).item()

    def _count(self, seconds: float, lanes: int) -> None:
        cost = self.context.cost
        cost["training_seconds"] = cost.get("training_seconds", 0.0) + seconds
        cost["lane_steps"] = cost.get("lane_steps", 0) + lanes * self.task["steps"]
        cost["steps"] = self.task["steps"]
        cost["lanes"] = cost.get("lanes", 0) + lanes
