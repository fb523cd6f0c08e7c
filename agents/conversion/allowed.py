"""The names that a checkpoint's pickle may mention, and why each of them is harmless. Everything else is refused.

Three kinds. *Rebuilding*: PyTorch's own functions that put tensors together; PyTorch's safe reader calls them. *Storage
types, dtypes*: named, never called. *Data*: classes of other packages that real checkpoints carry beside the weights
(options, paths, scores). Of those nothing is imported or called either: the reader gets inert stand-ins
(`agents.conversion.standins`), which keep plain values and have no behaviour.
"""

from __future__ import annotations

_SIZES = {
    "Double": 8, "Float": 4, "Half": 2, "BFloat16": 2, "Long": 8, "Int": 4, "Short": 2, "Char": 1, "Byte": 1, "Bool": 1,
    "ComplexDouble": 16, "ComplexFloat": 8, "QInt8": 1, "QUInt8": 1, "QInt32": 4,
}  # fmt: skip
STORAGES = {
    **{f"torch.{kind}Storage": size for kind, size in _SIZES.items()},
    # Checkpoints of old PyTorch versions that were saved on a GPU.
    **{f"torch.cuda.{kind}Storage": size for kind, size in _SIZES.items() if not kind.startswith("Q")},
    "torch.storage.UntypedStorage": 1,
}
"""Storage types, and the bytes of one element."""

ENCODE = "_codecs.encode"
"""How Python writes bytes in this pickle protocol: as a text, and `BYTES_AS`."""
BYTES_AS = "latin1"
"""Other codecs make more bytes than there were, again and again."""
EMPTY = "builtins.bytes"
"""How Python writes bytes of which there are none; called with anything it reserves memory."""

REBUILDING = frozenset({
    "collections.OrderedDict",
    "collections.Counter",
    "builtins.set",
    "builtins.complex",
    ENCODE,
    "torch.Size",
    "torch.device",
    "torch.nn.parameter.Parameter",
    "torch._utils._rebuild_tensor",
    "torch._utils._rebuild_tensor_v2",
    "torch._utils._rebuild_tensor_v3",
    "torch._utils._rebuild_parameter",
    "torch._utils._rebuild_parameter_with_state",
    "torch._utils._rebuild_qtensor",  # quantized weights are recognised, and refused with their own reason
})  # fmt: skip
"""What PyTorch's safe reader calls. Left out although it would: sparse and meta tensors, tensor subclasses (no weights
of a network that is exported), `torch.Tensor`, `bytearray` and the like, which reserve any amount of memory."""

DTYPES = frozenset(
    f"torch.{name}"
    for name in (
        "float64", "float32", "float16", "bfloat16", "float8_e4m3fn", "float8_e5m2", "int64", "int32", "int16", "int8",
        "uint8", "uint16", "uint32", "uint64", "bool", "complex64", "complex128", "qint8", "quint8", "qint32",
        "per_tensor_affine", "per_tensor_symmetric", "per_channel_affine", "per_channel_symmetric",
    )
)  # fmt: skip
"""Constants: mentioned only."""

MAPPINGS = frozenset({
    "collections.defaultdict",
    # Lightning keeps a model's constructor arguments as `hyper_parameters` in one of these.
    "pytorch_lightning.utilities.parsing.AttributeDict",
    "lightning.pytorch.utilities.parsing.AttributeDict",
    "lightning.fabric.utilities.data.AttributeDict",
    "lightning_fabric.utilities.data.AttributeDict",
    "easydict.EasyDict",
})  # fmt: skip
"""Data: dictionaries under another name."""

RECORDS = frozenset({
    "argparse.Namespace",  # the training script's options
    "types.SimpleNamespace",
    "mmengine.logging.history_buffer.HistoryBuffer",  # MMEngine keeps its loss curves in every checkpoint
    "omegaconf.dictconfig.DictConfig",  # Hydra's configuration, which Lightning keeps as hyper_parameters
    "omegaconf.listconfig.ListConfig",
    "omegaconf.base.ContainerMetadata",
    "omegaconf.base.Metadata",
    "omegaconf.nodes.AnyNode",
    "omegaconf.nodes.StringNode",
    "omegaconf.nodes.IntegerNode",
    "omegaconf.nodes.FloatNode",
    "omegaconf.nodes.BooleanNode",
})  # fmt: skip
"""Data: objects that are their attributes."""

TEXTS = frozenset({
    "torch.torch_version.TorchVersion",
    "pathlib.Path",
    "pathlib.PurePath",
    "pathlib.PosixPath",
    "pathlib.PurePosixPath",
    "pathlib.WindowsPath",
    "pathlib.PureWindowsPath",
    "pathlib._local.PosixPath",
    "pathlib._local.WindowsPath",
    "datetime.datetime",
    "datetime.date",
    "datetime.timedelta",
})  # fmt: skip
"""Data: read as the text of their parts."""

NUMPY = frozenset({
    # The best score, the state of the random generators: numpy numbers and arrays.
    "numpy.dtype",
    "numpy.ndarray",
    "numpy.core.multiarray.scalar",
    "numpy._core.multiarray.scalar",
    "numpy.core.multiarray._reconstruct",
    "numpy._core.multiarray._reconstruct",
})  # fmt: skip
"""Data: numbers."""

MENTIONED = frozenset({
    "builtins.int",
    "builtins.float",
    "builtins.bool",
    "builtins.str",
    "builtins.list",
    "builtins.dict",
    "builtins.tuple",
    "builtins.object",
    "typing.Any",
    # Older Lightning versions file the state of their callbacks under the callback's class.
    "pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint",
    "pytorch_lightning.callbacks.early_stopping.EarlyStopping",
})  # fmt: skip
"""Data: classes that are named, for instance as a defaultdict's factory, and never called."""

DATA = MAPPINGS | RECORDS | TEXTS | NUMPY | MENTIONED | {EMPTY}
CALLED = REBUILDING | MAPPINGS | RECORDS | TEXTS | NUMPY | {EMPTY}
NAMES = CALLED | DTYPES | MENTIONED | STORAGES.keys()
