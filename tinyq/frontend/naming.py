"""Names of tensors: those of the user's layers instead of the converter's scopes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from tinyq.frontend.source import Source, unique
from tinyq.graph import Graph, Signature

_CALLS = re.compile(r"^(?:(?:Stateful)?PartitionedCall(?:_\d+)?/)+")
_MODEL = re.compile(r"^(?:model|sequential|functional)(?:_\d+)*/")


def relabel(graph: Graph, source: Source) -> Graph:
    """Give a converted model the names of its source.

    Tensors are named by layer path and operation, joined by ``;`` where operations were fused; inputs and outputs by
    the source's names, which its one signature repeats.
    """
    named = [readable(t.name, source.scopes) for t in graph.tensors]
    for index, name in zip(graph.inputs, source.inputs, strict=True):
        named[index] = name
    for index, name in zip(graph.outputs, source.outputs, strict=True):
        if index not in graph.inputs:
            named[index] = name
    # ends first, so that they keep their names where others have the same
    order = list(dict.fromkeys([*graph.inputs, *graph.outputs, *range(len(named))]))
    for index, name in zip(order, unique([named[i] for i in order]), strict=True):
        named[index] = name
    signature = Signature(
        "serving_default",
        tuple(zip(source.inputs, graph.inputs, strict=True)),
        tuple(zip(source.outputs, graph.outputs, strict=True)),
    )
    tensors = tuple(replace(t, name=n) for t, n in zip(graph.tensors, named, strict=True))
    return replace(graph, tensors=tensors, signatures=(signature,))


def readable(name: str, scopes: Mapping[str, str]) -> str:
    """A converter's tensor name with calls and the model's own scope removed and layers called by their paths.

    ``StatefulPartitionedCall/model/conv_1/Relu;StatefulPartitionedCall/model/conv_1/BiasAdd`` becomes
    ``conv/Relu;conv/BiasAdd``, if the scopes say that ``model`` is the model and ``model/conv_1`` the layer ``conv``.
    """
    parts = [part for part in name.split(";") if part and not part.isdigit()]
    return ";".join(dict.fromkeys(_part(part, scopes) for part in parts)) or name


def _part(part: str, scopes: Mapping[str, str]) -> str:
    plain = _CALLS.sub("", re.sub(r":\d+$", "", part))
    pieces = plain.split("/")
    for length in range(len(pieces) - 1, 0, -1):
        path = scopes.get("/".join(pieces[:length]))
        if path is not None:
            return "/".join([*filter(None, [path]), *pieces[length:]])
    return _MODEL.sub("", plain)
