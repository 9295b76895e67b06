"""One update of SA-CMGAN written plainly in PyTorch, to measure ours against.

    python benchmarks/torch_peer.py JOB [--compiled]

JOB is a folder that cmgan_jax.benchmark.peer writes: fields.json (the configuration),
weights.npz (ours, by our names) and batch.npz (a batch, and the z of some steps).
Answers every line "step" on standard input with {"seconds", "metrics"}.
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
from torch_networks import (
    DenseBlock,
    Discriminator,
    Features,
    Generator,
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
        self.trains_code = fields.conditioning == "code_layer"
        self.encoder.train(not self.trains_code)
        self.compiled, self.run = compiled, {}
        for name in ("encoder", "code", "generator", "discriminator"):
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
        names = ("encoder", "code", "generator", "discriminator")
        networks = {name: getattr(self, name) for name in names}
        counts = {
            name: sum(parameter.numel() for parameter in module.parameters())
            for name, module in networks.items()
        }
        counts["encoder"] += counts.pop("code")
        return counts

    def step(self, batch):
        mixed = self.fields.compute_dtype == "bfloat16"
        with torch.autocast(DEVICE, torch.bfloat16, enabled=mixed):
            return self._step(batch)

    def _step(self, batch):
        source, target, mismatched = (
            (batch[name].float() / 127.5 - 1).permute(0, 3, 1, 2).contiguous()
            for name in ("source", "target", "mismatched")
        )
        with torch.no_grad():
            features = self.run["encoder"](source)
        with torch.set_grad_enabled(self.trains_code):
            code = self.run["code"](features)
        z = batch["z"][self.steps % len(batch["z"])]
        fake = self.run["generator"](code, z)
        judged = code.detach()
        metrics = self._update_discriminator(
            [target, fake.detach(), mismatched], judged
        )

        self.discriminator.requires_grad_(False)
        loss = -self.run["discriminator"](fake, judged).mean()
        reconstruction = (fake - target).abs().mean()
        self.optimizer.zero_grad()
        (loss + self.fields.reconstruction_weight * reconstruction).backward()
        self.optimizer.step()
        self.discriminator.requires_grad_(True)
        self._average(features, z)
        metrics |= {"g_loss": loss, "reconstruction": reconstruction}
        return {name: float(value.detach()) for name, value in metrics.items()}

    def _update_discriminator(self, pictures, code):
        judge = self.run["discriminator"]
        if self.fields.discriminator_norm:
            logits = [judge(pictures[0], code)]
            # The three kinds share one power iteration.
            iterate_power(self.discriminator, False)
            logits += [judge(x, code) for x in pictures[1:]]
            iterate_power(self.discriminator, True)
        else:
            logits = judge(torch.cat(pictures), code.repeat(3, 1)).chunk(3)
        real, fake, mismatched = logits
        loss = (
            torch.relu(1 - real).mean()
            + self.fields.fake_weight * torch.relu(1 + fake).mean()
            + self.fields.mismatched_weight * torch.relu(1 + mismatched).mean()
        )
        self.discriminator_optimizer.zero_grad()
        loss.backward()
        self.discriminator_optimizer.step()
        names = ("real_logit", "fake_logit", "mismatched_logit")
        means = (group.mean() for group in logits)
        return {"d_loss": loss, **dict(zip(names, means, strict=True))}

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
        if line.strip() != "step":
            raise ValueError(f"{line!r}: the only request is 'step'.")
        start = time.perf_counter()
        metrics = peer.step(batch)
        _answer({"seconds": time.perf_counter() - start, "metrics": metrics})


def _answer(content):
    print(json.dumps(content), flush=True)


if __name__ == "__main__":
    main()
