"""all-MiniLM-L6-v2 as an ONNX graph of the operators that ONNX Runtime's own transformer optimiser makes of it
(EmbedLayerNormalization, Attention, SkipLayerNormalization, BiasGelu), so that no PyTorch is needed to export
one. Weights are those of model.safetensors."""

import json
import struct

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

LAYERS, HEADS, WIDTH = 6, 12, 384


def read_safetensors(path):
    data = path.read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + size])
    return {name: np.frombuffer(data, np.float32, (t["data_offsets"][1] - t["data_offsets"][0]) // 4,
                                8 + size + t["data_offsets"][0]).reshape(t["shape"])
            for name, t in header.items() if name != "__metadata__" and t["dtype"] == "F32"}


class Graph:
    def __init__(self, tensors):
        self.tensors = tensors
        self.nodes, self.weights = [], []

    def weight(self, name, values=None):
        values = self.tensors[name] if values is None else values
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def add(self, kind, inputs, domain="com.microsoft", n_outputs=1, **attributes):
        outputs = [f"{kind}_{len(self.nodes)}_{i}" for i in range(n_outputs)]
        self.nodes.append(helper.make_node(kind, inputs, outputs, domain=domain, **attributes))
        return outputs if n_outputs > 1 else outputs[0]

    def linear(self, x, name):
        return self.add("MatMul", [x, self.weight(name + ".weight", self.tensors[name + ".weight"].T)], domain="")

    def skip_normal(self, x, skip, dense, normal):
        return self.add("SkipLayerNormalization",
                        [x, skip, self.weight(normal + ".weight"), self.weight(normal + ".bias"),
                         self.weight(dense + ".bias")], epsilon=1e-12)

    def layer(self, x, lengths, i):
        at = f"encoder.layer.{i}."
        parts = [at + "attention.self." + part for part in ("query", "key", "value")]
        weights = np.concatenate([self.tensors[part + ".weight"].T for part in parts], axis=1)
        bias = np.concatenate([self.tensors[part + ".bias"] for part in parts])
        seen = self.add("Attention", [x, self.weight(at + "qkv.weight", weights),
                                      self.weight(at + "qkv.bias", bias), lengths], num_heads=HEADS)
        x = self.skip_normal(self.linear(seen, at + "attention.output.dense"), x,
                             at + "attention.output.dense", at + "attention.output.LayerNorm")
        inner = self.add("BiasGelu", [self.linear(x, at + "intermediate.dense"),
                                      self.weight(at + "intermediate.dense.bias")])
        return self.skip_normal(self.linear(inner, at + "output.dense"), x, at + "output.dense",
                                at + "output.LayerNorm")


def build(weights_path):
    """The model, inputs ids and mask (batch x length, int32), output states (batch x length x 384), as bytes."""
    graph = Graph(read_safetensors(weights_path))
    words = [graph.weight(f"embeddings.{name}.weight") for name in
             ("word_embeddings", "position_embeddings", "token_type_embeddings", "LayerNorm")]
    x, lengths = graph.add("EmbedLayerNormalization",
                           ["ids", "types", *words, graph.weight("embeddings.LayerNorm.bias"), "mask"],
                           n_outputs=2, epsilon=1e-12)
    for i in range(LAYERS):
        x = graph.layer(x, lengths, i)
    shape = ["batch", "length"]
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT32, shape) for name in ("ids", "types", "mask")]
    outputs = [helper.make_tensor_value_info(x, TensorProto.FLOAT, [*shape, WIDTH])]
    model = helper.make_model(helper.make_graph(graph.nodes, "minilm", inputs, outputs, graph.weights),
                              opset_imports=[helper.make_opsetid("", 14), helper.make_opsetid("com.microsoft", 1)],
                              ir_version=8)
    return model.SerializeToString()
