"""One update of SA-CMGAN written plainly in PyTorch, to measure ours against.

    python -m cmgan_jax.benchmark.torch_peer JOB [--compiled]

JOB is a folder that cmgan_jax.benchmark.peer writes: fields.json (the configuration),
weights.npz (ours, by our names) and batch.npz (a batch, and the z of some steps).
Answers every line "step" on standard input with {"seconds", "metrics"}, and every
line "averages" with sums over the moving averages. Nothing here imports JAX: the two
would share a processor's threads or an accelerator's memory.
"""

import argparse
import copy
import json
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
from torch.nn import functional

from cmgan_jax.benchmark.torch_networks import (
    DenseBlock,
    Discriminator,
    Features,
    Generator,
    Recogniser,
    copy_weight,
    iterate_power,
)

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


class Peer:
    """The networks, their optimizers and one update of both."""

    def __init__(self, fields, *, compiled):
        self.fields = fields
        self.encoder = Features(fields.source_channels, fields)
        self.code = DenseBlock(fields.features_size, fields.code_size)
        self.generator = Generator(fields.target_channels, fields)
        self.discriminator = Discriminator(fields.target_channels, fields)
        self.names = ["encoder", "code", "generator", "discriminator"]
        if fields.classification_weight:
            # Frozen, and normalised by its running statistics.
            recogniser = Recogniser(fields.target_channels, fields)
            self.target_recogniser = recogniser.requires_grad_(False).eval()
            self.names.append("target_recogniser")
        self.trains_code = fields.conditioning == "code_layer"
        self.encoder.train(not self.trains_code)
        self.compiled, self.run = compiled, {}
        for name in self.names:
            self.run[name] = self._runnable(getattr(self, name).to(DEVICE))

    def _runnable(self, module):
        return torch.compile(module) if self.compiled else module

    def load(self, weights):
        """Copies weights in by our names and begins the optimizers' and averages'."""
        for name, array in weights.items():
            network, _, *path, role = name.split("/")
            module = getattr(self, network)
            if network == "encoder" and path[0] == "code":
                module, path = self.code, path[1:]
            copy_weight(module.get_submodule(".".join(path)), role, torch.tensor(array))
        fields = self.fields
        betas = (fields.beta1, fields.beta2)
        learns = list(self.generator.parameters())
        learns += list(self.code.parameters()) if self.trains_code else []
        self.optimizer = torch.optim.Adam(
            learns, lr=fields.generator_learning_rate, betas=betas
        )
        self.discriminator_optimizer = torch.optim.Adam(
            self.discriminator.parameters(),
            lr=fields.discriminator_learning_rate,
            betas=betas,
        )
        self.steps = 0
        self.averaged = {
            name: copy.deepcopy(getattr(self, name))
            for name in ("encoder", "code", "generator")
        }
        for name in ("code", "generator"):
            module = self.averaged[name]
            self.run[f"averaged {name}"] = self._runnable(module)

    def parameters(self):
        counts = {
            name: sum(weight.numel() for weight in getattr(self, name).parameters())
            for name in self.names
        }
        counts["encoder"] += counts.pop("code")
        return counts

    def step(self, batch):
        mixed = self.fields.compute_dtype == "bfloat16"
        with torch.autocast(DEVICE, torch.bfloat16, enabled=mixed):
            return self._step(batch)

    def _step(self, batch):
        source, target = (
            self._unit(batch[name]) for name in (self.fields.source, self.fields.target)
        )
        kinds = {"real": target}
        if self.fields.mismatched_weight:
            mismatched = batch[f"mismatched_{self.fields.target}"]
            kinds["mismatched"] = self._unit(mismatched)
        with torch.no_grad():
            features = self.run["encoder"](source)
        with torch.set_grad_enabled(self.trains_code):
            code = self.run["code"](features)
        z = batch["z"][self.steps % len(batch["z"])]
        fake = self.run["generator"](code, z)
        judged = code.detach()
        metrics = self._update_discriminator({**kinds, "fake": fake.detach()}, judged)
        metrics |= self._update_generator(
            fake, judged, target=target, label=batch["label"]
        )
        self._average(features, z)
        return {name: float(value.detach()) for name, value in metrics.items()}

    def _unit(self, pixels):
        return (pixels.float() / 127.5 - 1).permute(0, 3, 1, 2).contiguous()

    def _update_discriminator(self, kinds, code):
        judge, items = self.run["discriminator"], list(kinds.values())
        if self.fields.discriminator_norm:
            rows = [judge(items[0], code)]
            # All kinds share one power iteration.
            iterate_power(self.discriminator, False)
            rows += [judge(x, code) for x in items[1:]]
            iterate_power(self.discriminator, True)
        else:
            count = len(items)
            rows = judge(torch.cat(items), code.repeat(count, 1)).chunk(count)
        logits = dict(zip(kinds, rows, strict=True))
        loss = torch.relu(1 - logits["real"]).mean()
        loss = loss + self.fields.fake_weight * torch.relu(1 + logits["fake"]).mean()
        if "mismatched" in logits:
            penalty = torch.relu(1 + logits["mismatched"]).mean()
            loss = loss + self.fields.mismatched_weight * penalty
        self.discriminator_optimizer.zero_grad()
        loss.backward()
        self.discriminator_optimizer.step()
        means = {f"{kind}_logit": group.mean() for kind, group in logits.items()}
        return {"d_loss": loss, **means}

    def _update_generator(self, fake, code, *, target, label):
        self.discriminator.requires_grad_(False)
        adversarial = -self.run["discriminator"](fake, code).mean()
        reconstruction = (fake - target).abs().mean()
        metrics = {"g_loss": adversarial, "reconstruction": reconstruction}
        loss = adversarial + self.fields.reconstruction_weight * reconstruction
        if self.fields.classification_weight:
            logits = self.run["target_recogniser"](fake)
            metrics["classification"] = functional.cross_entropy(logits, label.long())
            loss = loss + self.fields.classification_weight * metrics["classification"]
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.discriminator.requires_grad_(True)
        return metrics

    @torch.no_grad()
    def _average(self, features, z):
        self.steps += 1
        if not self.fields.average_decay:
            return
        decay = min(self.fields.average_decay, (1 + self.steps) / (10 + self.steps))
        for name, averaged in self.averaged.items():
            live = getattr(self, name).parameters()
            for average, new in zip(averaged.parameters(), live, strict=True):
                average.lerp_(new, 1 - decay)
        # The averages have BatchNorm statistics of their own.
        self.run["averaged generator"](self.run["averaged code"](features), z)

    @torch.no_grad()
    def averages(self):
        """Sums of magnitudes over all averages: of parameters, and of running means."""
        if not self.fields.average_decay:
            return {}
        modules = [self.averaged[name] for name in ("code", "generator")]
        parameters = [array for module in modules for array in module.parameters()]
        means = [
            array
            for module in modules
            for name, array in module.named_buffers()
            if name.endswith("running_mean")
        ]
        return {
            name: sum(float(array.double().abs().sum()) for array in arrays)
            for name, arrays in (("parameters", parameters), ("running_means", means))
        }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("job", type=Path)
    parser.add_argument("--compiled", action="store_true")
    arguments = parser.parse_args()
    fields = SimpleNamespace(**json.loads((arguments.job / "fields.json").read_text()))
    peer = Peer(fields, compiled=arguments.compiled)
    with np.load(arguments.job / "weights.npz") as weights:
        peer.load(dict(weights))
    with np.load(arguments.job / "batch.npz") as arrays:
        batch = {name: torch.tensor(array).to(DEVICE) for name, array in arrays.items()}
    where = torch.cuda.get_device_name() if DEVICE == "cuda" else "cpu"
    version = torch.__version__
    _answer({"parameters": peer.parameters(), "version": version, "device": where})
    for line in sys.stdin:
        request = line.strip()
        if request == "averages":
            _answer(peer.averages())
        elif request == "step":
            start = time.perf_counter()
            metrics = peer.step(batch)
            _answer({"seconds": time.perf_counter() - start, "metrics": metrics})
        else:
            raise ValueError(f"{request!r}: the requests are 'step' and 'averages'.")


def _answer(content):
    print(json.dumps(content), flush=True)


if __name__ == "__main__":
    main()
