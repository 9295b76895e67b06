"""Every field of every system, explained once; the other files change a few of them.

    python -m cmgan_jax train --config=sa_cmgan:s2i \
        --data=data/pocket_orchestra --workdir=runs/s2i --config.gan.steps=2000

What stands after the colon is the direction, s2i (sound to image) or i2s (image to
sound), or a scale and the direction: --config=no_attention:quickstart/s2i. Every file
hands it on to `get_config`, so that any system comes at any scale of scales.py.
"""

from ml_collections import ConfigDict

from cmgan_jax.configs.scales import SCALES


def get_config(argument: str = "s2i", name: str = "sa_cmgan") -> ConfigDict:
    """SA-CMGAN, the reference's architecture with its defects corrected.

    WORKSPACE.md's fidelity ledger lists each difference with its reason.

    Args:
      argument: what stood after the colon, "s2i" or "quickstart/s2i".
      name: of the system in tables and reports; a scale adds its own to it.

    Raises:
      ValueError: no scale has this name; lists those there are.
    """
    scale, slash, direction = argument.rpartition("/")
    if slash and scale not in SCALES:
        raise ValueError(f"the scale {scale!r} is unknown; known: {', '.join(SCALES)}.")
    config = _full(direction)
    config.name = f"{name}_{scale}" if slash else name
    if slash:
        SCALES[scale](config)
    return config


def adversarial_alone(config: ConfigDict) -> None:
    """Takes away what no published system has: all but the adversarial loss."""
    config.classifier.decay_from = 1.0
    config.classifier.pair_weight = 0.0

    for variation in (config.variation.image, config.variation.sound):
        variation.shift = 0
        variation.noise = variation.tint = variation.cutout = 0.0

    config.gan.posterior_weight = 0.0
    config.gan.reconstruction_weight = 0.0
    config.gan.classification_weight = 0.0
    config.gan.pair_weight = config.gan.note_weight = 0.0
    config.gan.spectra = config.gan.sketches = 0
    config.gan.average_decay = 0.0


def _full(direction: str) -> ConfigDict:
    config = ConfigDict()
    config.name = ""  # in tables and reports
    config.system = "sa_cmgan"  # the module of systems/ that assembles it
    config.direction = direction  # "s2i", "i2s", or "both" at once where a system does
    config.seed = 0  # of initial weights, order of examples and noise
    config.compute_dtype = "float32"  # or "bfloat16"; weights stay float32

    config.model = model = ConfigDict()
    model.width = 64  # channels of the first stage; later stages hold multiples
    model.attention_stage = 0  # attention after this stage (0: 32 x 32), -1: nowhere
    # "pointwise": SAGAN's; "convolutional": the reference's; "residual": no attention,
    # but a residual block of as many parameters in its place.
    model.attention_form = "pointwise"
    model.attention_batch_statistics = False  # its BatchNorm always in batch mode
    model.hidden_size = 1024  # first dense layer of encoder and discriminator
    model.features_size = 128  # second dense layer of the encoder; classifier reads it
    model.code_size = 64  # the code that conditions generator and discriminator
    model.z_size = 62  # noise beside the code
    model.late_stages = "norm_relu"  # last hidden generator stages, or "sigmoid"
    # Of the kernels of the "discriminator", of "both" (the generator's too), or "none".
    model.spectral_norm = "discriminator"
    model.discriminator_norm = True  # BatchNorm beside spectral normalisation
    # Its last two layers: "dense", or "convolution": 1 x 1, then the whole map.
    model.discriminator_head = "dense"
    model.differentiate_spectral_norm = False  # gradient through the power iteration

    config.classifier = classifier = ConfigDict()
    # What the encoders learn before the GAN: "classification", or "reconstruction" in
    # autoencoders (S2I-A).
    classifier.objective = "classification"
    classifier.steps = 8000
    classifier.batch_size = 64
    classifier.learning_rate = 1e-4
    classifier.beta1 = 0.5
    classifier.beta2 = 0.999
    # The share of the steps after which the rate falls linearly to 0; 1: it stays.
    classifier.decay_from = 0.0
    # Finding each picture's own sound in the batch: a code that only classifies says
    # nothing but the class. Class-aligned data need 0, as no pair is one moment.
    classifier.pair_weight = 1.0

    # Random changes that leave an item what it is: of what recognisers learn from, and
    # of generated targets before they are asked about them. A spectrogram is recognised
    # under more noise than a picture, whose details are small.
    config.variation = variation = ConfigDict()
    for modality, noise, cutout in (("image", 0.1, 0.0), ("sound", 0.4, 0.4)):
        variation[modality] = one = ConfigDict()
        one.shift = 2  # largest random shift, pixels
        one.noise = noise  # largest deviation of added noise, on the scale [-1, 1]
        one.tint = 0.1  # deviation of contrast and brightness
        one.cutout = cutout  # largest share of height and width blotted out
        one.mirror = False  # half of them are turned left to right

    config.gan = gan = ConfigDict()
    gan.steps = 12000  # updates of the generator
    gan.batch_size = 64
    gan.loss = "hinge"  # non_saturating, least_squares, wasserstein
    gan.fake_weight = 0.5
    gan.mismatched_weight = 0.5  # 0: no mismatched pairs (S2I-N)
    # Divergence of the posterior, which says which z would make a target; half of each
    # batch is made with it and reconstructed, so that z carries what the source does
    # not say. 0: z is only ever noise, and is soon ignored.
    gan.posterior_weight = 0.005
    # Of the z that is noise: "standard" normal, or "learnt": with the mean and the
    # covariance of what the posterior finds.
    gan.prior = "standard"
    # Mean absolute error; without a posterior, class-aligned data need 0. Of CMCGAN:
    # the consistency of its cycles.
    gan.reconstruction_weight = 20.0 if direction == "s2i" else 10.0
    # Cross-entropy of the generated target under the run's own recogniser of targets,
    # and of finding the target by its source's code; no judge takes part.
    gan.classification_weight = 1.0 if direction == "s2i" else 2.0
    gan.pair_weight = 0.1 if direction == "s2i" else 0.3
    # Cross-entropy of the note that is read off the generated target; 0: none is asked.
    gan.note_weight = 0.0
    gan.conditioning = "code_layer"  # what the generator trains of the encoder:
    # "untrained" (the reference), "code_layer", "encoder"
    # Spectra, each sounding for a while, beside the generator's convolutions; 0: none.
    gan.spectra = 0 if direction == "s2i" else 16
    gan.sketches = 0  # pictures that are mixed, beside them too; 0: none
    gan.generator_learning_rate = 2e-4
    gan.discriminator_learning_rate = 2e-4
    gan.beta1 = 0.5
    gan.beta2 = 0.999
    gan.discriminator_every = 1  # the discriminator learns at every n-th step
    gan.discriminator_varied = False  # what it sees is varied: for little data
    gan.average_decay = 0.999  # moving average of generator and encoder; 0: none

    # The note of a source, told to generator and discriminator beside the code: in
    # training the one the data say, then the one that is read off the source.
    config.note_reader = note_reader = ConfigDict()
    note_reader.sources = 0  # of each class, to learn from; 0: no note is told
    note_reader.targets = 300  # of each class, with gan.note_weight
    note_reader.edges = 1024  # of an item that are looked at
    # Along which a source's are compared: those along which votes for notes change
    # most, which reads better and takes less room; 0: one by one.
    note_reader.axes = 48
    note_reader.few = 500  # items of each class that it is compared with then

    config.gallery = gallery = ConfigDict()  # of the system "retrieval"
    gallery.size = 2048  # training pairs that are kept to be returned
    gallery.choice = "random"  # of the class, or of its "nearest" source

    config.run = run = ConfigDict()
    run.log_every = 50  # steps between lines of metrics.jsonl
    run.sample_every = 500  # steps between sample grids
    run.checkpoint_every = 500  # steps between checkpoints
    run.keep_checkpoints = 2
    run.validation_examples = 1024  # at most this many, for the accuracy curve
    # What generates: the last checkpoint, or the one, and of averaged and raw weights
    # those, whose targets are nearest to real ones on the validation split.
    run.choose_on_validation = False
    # The same batches by each: "tf_data", "numpy" (without TensorFlow), or "resident"
    # (the data set in device memory, gathered there: for an accelerator).
    run.reader = "tf_data"
    run.steps_per_call = 1  # steps in one call of the devices; divides the intervals
    return config
