"""The networks of SA-CMGAN written plainly in PyTorch, maps as [b c h w].

Modules are named as ours are, so that a weight finds its place by its path.
"""

import torch
from torch import nn
from torch.nn import functional

TRUNK = ((1, 2), (2, 2), (4, 2), (4, 1), (8, 2))  # (multiple of the width, stride)


def leaky_relu(x):
    return functional.leaky_relu(x, 0.2)


def unit(vector):
    return vector / (vector.norm() + 1e-12)


class Spectral:
    """A layer that divides its weight by its spectral norm, one iteration a pass."""

    spectral = None  # None, "constant" or "differentiated"

    def normalise_by(self, spectral):
        self.spectral = spectral
        self.iterates = True  # further with every pass; else the last is repeated
        if spectral:
            self.register_buffer("u", torch.randn(self.weight.shape[0]))
        return self

    def normalised(self):
        if not self.spectral:
            return self.weight
        matrix = self.weight.flatten(1)
        if self.iterates:
            self.before = self.u
        with torch.set_grad_enabled(self.spectral == "differentiated"):
            v = unit(self.before @ matrix)
            u = unit(matrix @ v)
        self.u = u.detach()
        return self.weight / (u @ matrix @ v)


def iterate_power(module, iterates):
    """Lets the passes to come refine the singular vectors further, or not."""
    for layer in module.modules():
        if isinstance(layer, Spectral):
            layer.iterates = iterates


class Conv(Spectral, nn.Conv2d):
    """4 x 4 or 1 x 1, padded to "SAME"."""

    def __init__(self, inputs, outputs, size=4, stride=1, bias=False):
        padding = 1 if stride == 2 else 0
        super().__init__(inputs, outputs, size, stride, padding, bias=bias)

    def forward(self, x):
        if self.kernel_size == (4, 4) and self.stride == (1, 1):
            x = functional.pad(x, (1, 2, 1, 2))
        return self._conv_forward(x, self.normalised(), self.bias)


class Dense(Spectral, nn.Linear):
    def forward(self, x):
        return functional.linear(x, self.normalised(), self.bias)


class Deconv(nn.ConvTranspose2d):
    """4 x 4 transposed convolution; with stride 1 it is a convolution."""

    def __init__(self, inputs, outputs, stride):
        super().__init__(inputs, outputs, 4, stride, 1, bias=False)

    def forward(self, x):
        if self.stride == (2, 2):
            return super().forward(x)
        kernel = self.weight.flip(2, 3).transpose(0, 1)
        return functional.conv2d(functional.pad(x, (2, 1, 2, 1)), kernel)


class Attention(nn.Module):
    def __init__(self, channels, fields, norm=True, spectral=None):
        super().__init__()
        self.pointwise = fields.attention_form == "pointwise"
        self.batch_statistics = fields.attention_batch_statistics
        self.gate = nn.Parameter(torch.zeros(()))
        narrow, size = max(1, channels // 8), 1 if self.pointwise else 4
        offered = max(1, channels // 2) if self.pointwise else channels
        bias = not self.pointwise and not norm
        for name, width in (("query", narrow), ("key", narrow), ("value", offered)):
            conv = Conv(channels, width, size, bias=bias).normalise_by(spectral)
            setattr(self, name, conv)
            if norm and not self.pointwise:
                setattr(self, f"{name}_norm", nn.BatchNorm2d(width))
        if self.pointwise:
            self.output = Conv(offered, channels, 1).normalise_by(spectral)

    def forward(self, x):
        query, key, value = (self.part(x, name) for name in ("query", "key", "value"))
        weights = torch.softmax(query.flatten(2).transpose(1, 2) @ key.flatten(2), -1)
        o = (value.flatten(2) @ weights.transpose(1, 2)).unflatten(2, x.shape[2:])
        return x + self.gate * (self.output(o) if self.pointwise else o)

    def part(self, x, name):
        y = getattr(self, name)(x)
        if self.pointwise:
            return y if name == "query" else functional.max_pool2d(y, 2)
        norm = getattr(self, f"{name}_norm", None)
        if norm and self.batch_statistics and not self.training:
            # Without averages, evaluation normalises by the batch.
            weights = norm.weight, norm.bias
            y = functional.batch_norm(y, None, None, *weights, True, eps=norm.eps)
        elif norm:
            y = norm(y)
        return torch.relu(y)


class Trunk(nn.Module):
    def __init__(self, channels, fields, norm=True, spectral=None):
        super().__init__()
        self.attention_stage, self.norm = fields.attention_stage, norm
        for i, (multiple, stride) in enumerate(TRUNK):
            width = multiple * fields.width
            conv = Conv(channels, width, 4, stride, bias=not norm)
            setattr(self, f"conv{i + 1}", conv.normalise_by(spectral))
            if norm and i:
                setattr(self, f"norm{i + 1}", nn.BatchNorm2d(width))
            if i == self.attention_stage:
                self.attention = Attention(width, fields, norm, spectral)
            channels = width

    def forward(self, x):
        for i in range(len(TRUNK)):
            x = getattr(self, f"conv{i + 1}")(x)
            if self.norm and i:
                x = getattr(self, f"norm{i + 1}")(x)
            x = leaky_relu(x)
            if i == self.attention_stage:
                x = self.attention(x)
        return x.permute(0, 2, 3, 1)


class DenseBlock(nn.Module):
    def __init__(self, inputs, outputs, norm=True, spectral=None):
        super().__init__()
        self.dense = Dense(inputs, outputs).normalise_by(spectral)
        if norm:
            self.norm = nn.BatchNorm1d(outputs)

    def forward(self, x):
        x = self.dense(x)
        return leaky_relu(self.norm(x) if hasattr(self, "norm") else x)


class Features(nn.Module):
    """The encoder up to its features."""

    def __init__(self, channels, fields):
        super().__init__()
        self.trunk = Trunk(channels, fields)
        positions = (fields.image_size // 16) ** 2
        self.hidden = DenseBlock(positions * 8 * fields.width, fields.hidden_size)
        self.features = DenseBlock(fields.hidden_size, fields.features_size)

    def forward(self, x):
        return self.features(self.hidden(self.trunk(x).flatten(1)))


class Classifier(nn.Module):
    def __init__(self, fields):
        super().__init__()
        self.dense = Dense(fields.features_size, fields.num_classes)

    def forward(self, features):
        return self.dense(features)


class Recogniser(nn.Module):
    """Logits over the classes of pictures or spectrograms."""

    def __init__(self, channels, fields):
        super().__init__()
        self.encoder = Features(channels, fields)
        self.classifier = Classifier(fields)

    def forward(self, x):
        return self.classifier(self.encoder(x))


class Generator(nn.Module):
    def __init__(self, channels, fields):
        super().__init__()
        self.side, self.sigmoid = fields.image_size // 16, fields.late_stages
        self.attention_stage = fields.attention_stage
        widths = [multiple * fields.width for multiple, _ in TRUNK]
        flat = self.side**2 * widths[-1]
        self.dense = Dense(fields.code_size + fields.z_size, flat)
        self.norm = nn.BatchNorm1d(flat)
        for i, (_, stride) in reversed(list(enumerate(TRUNK))):
            outputs = widths[i - 1] if i else channels
            setattr(self, f"deconv{i + 1}", Deconv(widths[i], outputs, stride))
            if i and not (fields.late_stages == "sigmoid" and i <= 2):
                setattr(self, f"norm{i + 1}", nn.BatchNorm2d(outputs))
            if i - 1 == self.attention_stage >= 0:
                self.attention = Attention(outputs, fields)

    def forward(self, code, z):
        x = torch.relu(self.norm(self.dense(torch.cat([code, z], 1))))
        x = x.unflatten(1, (self.side, self.side, -1)).permute(0, 3, 1, 2)
        x = x.contiguous()
        for i in range(len(TRUNK) - 1, 0, -1):
            x = getattr(self, f"deconv{i + 1}")(x)
            norm = getattr(self, f"norm{i + 1}", None)
            x = torch.relu(norm(x)) if norm else torch.sigmoid(x)
            if i - 1 == self.attention_stage:
                x = self.attention(x)
        return torch.tanh(self.deconv1(x))


class Discriminator(nn.Module):
    def __init__(self, channels, fields):
        super().__init__()
        norm = fields.discriminator_norm
        kinds = {False: "constant", True: "differentiated"}
        spectral = kinds[fields.differentiate_spectral_norm]
        self.trunk = Trunk(channels, fields, norm, spectral)
        depth = 8 * fields.width + fields.code_size
        inputs = (fields.image_size // 16) ** 2 * depth
        self.hidden = DenseBlock(inputs, fields.hidden_size, norm, spectral)
        self.logit = Dense(fields.hidden_size, 1).normalise_by(spectral)

    def forward(self, x, code):
        x = self.trunk(x)
        tiled = code[:, None, None, :].expand(*x.shape[:3], -1)
        return self.logit(self.hidden(torch.cat([x, tiled], 3).flatten(1)))[:, 0]


@torch.no_grad()
def copy_weight(layer, role, array):
    """Copies one of our arrays into a layer, in PyTorch's layout."""
    if role == "kernel" and array.ndim == 2:
        array = array.T
    elif role == "kernel" and isinstance(layer, Deconv):
        array = array.flip(0, 1).permute(2, 3, 0, 1)
    elif role == "kernel":
        array = array.permute(3, 2, 0, 1)
    names = {
        "kernel": "weight",
        "scale": "weight",
        "mean": "running_mean",
        "var": "running_var",
    }
    getattr(layer, names.get(role, role)).copy_(array)
