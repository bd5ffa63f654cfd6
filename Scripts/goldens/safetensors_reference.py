"""Writes the fixtures of SeqCheckpointsTests with the reference implementation, and reads ours.

    pip install safetensors==0.8.0 numpy
    python Scripts/goldens/safetensors_reference.py write Tests/SeqCheckpointsTests/Fixtures
    python Scripts/goldens/safetensors_reference.py read FILE.safetensors

`write` makes reference.safetensors, with every element type we know, and expected.json, with each
tensor's place, shape and, for floating-point types, the bits of its elements as float32.
`read` prints the names, types, shapes and sums of a file of ours.
"""

import json
import pathlib
import sys

import numpy as np
import safetensors

NUMPY = {
    "F64": "float64", "F32": "float32", "F16": "float16", "I64": "int64", "I32": "int32",
    "I16": "int16", "I8": "int8", "U64": "uint64", "U32": "uint32", "U16": "uint16",
    "U8": "uint8", "BOOL": "bool",
}


def bfloat16(values):
    """The upper halves of exactly representable float32 values, as uint16."""
    bits = np.asarray(values, dtype=np.float32).view(np.uint32)
    assert not (bits & 0xFFFF).any()
    return (bits >> 16).astype(np.uint16)


def write(folder):
    generator = np.random.default_rng(20)
    halves = np.array([0.0, -0.0, 1.0, -2.5, 65504.0, 6e-8, 6.1e-5, np.inf, -np.inf, 0.1], "float16")
    # name, the type's name to the serializer, the type's name in the file, array
    tensors = [
        ("weight", "float32", "F32", generator.standard_normal((3, 5)).astype("float32")),
        ("double", "float64", "F64", generator.standard_normal((2, 2, 2))),
        ("half", "float16", "F16", halves),
        ("brain", "bfloat16", "BF16", bfloat16([[0.0, -1.5, 3.0], [2.0**120, -(2.0**-130), np.inf]])),
        ("scalar", "float32", "F32", np.array(0.5, "float32")),
        ("empty", "float32", "F32", np.zeros((0, 3), "float32")),
        ("schicht.größe \"1\"\\", "float32", "F32", np.array([1e-45, -3.4e38], "float32")),
        ("int64", "int64", "I64", np.array([-(2**63), 2**63 - 1])),
        ("int32", "int32", "I32", np.array([-(2**31), 7], "int32")),
        ("int16", "int16", "I16", np.array([-(2**15), 7], "int16")),
        ("int8", "int8", "I8", np.array([-128, 127], "int8")),
        ("uint64", "uint64", "U64", np.array([2**64 - 1], "uint64")),
        ("uint32", "uint32", "U32", np.array([2**32 - 1], "uint32")),
        ("uint16", "uint16", "U16", np.array([2**16 - 1], "uint16")),
        ("uint8", "uint8", "U8", np.array([0, 255, 3], "uint8")),
        ("bool", "bool", "BOOL", np.array([[True], [False]])),
    ]
    data = {
        name: safetensors.TensorSpec(
            dtype=dtype, shape=array.shape, data_ptr=array.ctypes.data, data_len=array.nbytes)
        for name, dtype, _, array in tensors
    }
    # One metadata key: with several, the reference implementation's order is not fixed.
    blob = safetensors.serialize(data, metadata={"format": "pt\n\u0001é"})
    (folder / "reference.safetensors").write_bytes(blob)

    size = int.from_bytes(blob[:8], "little")
    header = json.loads(blob[8 : 8 + size])
    expected = []
    for name, _, stored, array in tensors:
        if stored == "BF16":
            floats = (array.astype(np.uint32) << 16).view(np.float32)
        elif stored in ("F64", "F32", "F16"):
            floats = array.astype(np.float32)
        else:
            floats = None
        start, end = header[name]["data_offsets"]
        expected.append({
            "name": name, "type": stored, "shape": list(array.shape), "start": start, "end": end,
            "bits": None if floats is None else floats.reshape(-1).view(np.uint32).tolist(),
        })
    expected.sort(key=lambda e: (e["start"], e["end"]))
    text = json.dumps(expected, indent=1, ensure_ascii=False)
    (folder / "expected.json").write_text(text + "\n", encoding="utf-8")


def read(path):
    blob = path.read_bytes()
    for name, tensor in safetensors.deserialize(blob):
        array = np.frombuffer(tensor["data"], NUMPY[tensor["dtype"]]).reshape(tensor["shape"])
        print(name, tensor["dtype"], tensor["shape"], array.astype("float64").sum())


if __name__ == "__main__":
    {"write": write, "read": read}[sys.argv[1]](pathlib.Path(sys.argv[2]))
