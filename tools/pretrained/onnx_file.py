"""What an ONNX file holds, read from its bytes: nodes and initialisers. Nothing is run, and no package is needed.

The format is protocol buffers' (https://protobuf.dev/programming-guides/encoding) by the message numbers of onnx.proto.
"""
import dataclasses
import mmap
import struct

FLOAT = 1  # TensorProto.DataType
_VARINT, _EIGHT_BYTES, _BYTES, _FOUR_BYTES = 0, 1, 2, 5


@dataclasses.dataclass
class Tensor:
    name: str = ""
    shape: tuple = ()
    data_type: int = 0
    data: memoryview = memoryview(b"")  # little-endian


@dataclasses.dataclass
class Node:
    name: str = ""
    kind: str = ""
    inputs: list = dataclasses.field(default_factory=list)
    attributes: dict = dataclasses.field(default_factory=dict)  # numbers and lists of whole numbers


@dataclasses.dataclass
class Graph:
    nodes: list = dataclasses.field(default_factory=list)
    tensors: dict = dataclasses.field(default_factory=dict)


def read_onnx(path):
    """The graph of the file. Raises ValueError for bytes that are no ONNX model and for weights kept elsewhere."""
    with open(path, "rb") as file:
        data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    try:
        graphs = [value for number, value in _fields(data) if number == 7]
        if len(graphs) != 1 or not isinstance(graphs[0], memoryview):
            raise ValueError("no graph")
        return _read_graph(graphs[0])
    except (ValueError, IndexError, TypeError, struct.error) as error:
        raise ValueError(f"{path}: not an ONNX model that can be read: {error}") from error


def _read_graph(data):
    graph = Graph()
    for number, value in _fields(data):
        if number == 1:
            graph.nodes.append(_read_node(value))
        elif number == 5:
            tensor = _read_tensor(value)
            graph.tensors[tensor.name] = tensor
    return graph


def _read_node(data):
    node = Node()
    for number, value in _fields(data):
        if number == 1:
            node.inputs.append(_text(value))
        elif number == 3:
            node.name = _text(value)
        elif number == 4:
            node.kind = _text(value)
        elif number == 5:
            name, content = _read_attribute(value)
            node.attributes[name] = content
    return node


def _read_attribute(data):
    name, content, numbers = "", None, []
    for number, value in _fields(data):
        if number == 1:
            name = _text(value)
        elif number == 2:
            content = struct.unpack("<f", value)[0]
        elif number == 3:
            content = value
        elif number == 8:
            numbers += _whole_numbers(value)
    return name, numbers or content


def _read_tensor(data):
    tensor = Tensor()
    for number, value in _fields(data):
        if number == 1:
            tensor.shape += tuple(_whole_numbers(value))
        elif number == 2:
            tensor.data_type = value
        elif number == 8:
            tensor.name = _text(value)
        elif number in (4, 9):
            tensor.data = value
        elif number == 14 and value:
            raise ValueError("its weights lie in another file")
    return tensor


def _fields(data):
    """(number, value): whole numbers, or the bytes of everything else."""
    place = 0
    while place < len(data):
        key, place = _varint(data, place)
        kind = key & 7
        if kind == _VARINT:
            value, place = _varint(data, place)
        else:
            if kind == _BYTES:
                length, place = _varint(data, place)
            elif kind in (_EIGHT_BYTES, _FOUR_BYTES):
                length = 8 if kind == _EIGHT_BYTES else 4
            else:
                raise ValueError(f"a field of kind {kind}")
            if length > len(data) - place:
                raise ValueError("it ends within a field")
            value, place = data[place:place + length], place + length
        yield key >> 3, value


def _varint(data, place):
    value = 0
    for shift in range(0, 70, 7):
        byte = data[place]
        place += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, place
    raise ValueError("a number of more than ten bytes")


def _whole_numbers(value):
    """One number, or several packed as bytes."""
    if isinstance(value, int):
        return [value]
    numbers, place = [], 0
    while place < len(value):
        number, place = _varint(value, place)
        numbers.append(number)
    return numbers


def _text(value):
    return bytes(value).decode()
