"""One training step over a model, tensor by tensor: what lies in memory at the moment when it is most. Pure.

Forward, layer by layer, what a later backward pass needs stays; backward, gradients come and what was kept goes.
"""

from dataclasses import dataclass

from orchestrator.fit.memory.retention import retention, without_gradient
from orchestrator.fit.model.description import Layer, Model


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Bytes, for one example, but for `gradients`."""

    activations: int
    """Kept for the backward pass, and what the layer at work makes."""
    transient: int
    """Gradients of activations, and what the layer at work takes for itself."""
    gradients: int
    """Of the weights whose gradients are there by now; for the whole batch."""
    updated: int
    """Elements of the largest weight whose gradient is there: TensorFlow updates each weight as soon as it can."""
    layer: str
    """At work then."""

    def bytes_at(self, batch: int) -> int:
        """All of it, for a batch."""
        return (self.activations + self.transient) * batch + self.gradients


def moments(model: Model) -> tuple[Moment, ...]:
    """Every moment of a step at which it may be most: each layer's backward pass, and the end of the forward pass."""
    return _Step(model).moments()


class _Step:
    """The storage of each layer's output, and who needs it how long."""

    def __init__(self, model: Model) -> None:
        self._layers = model.layers
        self._trained = self._on_the_way()
        self._rules = tuple(
            retention(layer) if trained else without_gradient(retention(layer))
            for layer, trained in zip(model.layers, self._trained, strict=True)
        )
        self._storage = self._places()
        self._kept = self._kept_outputs()
        self._last_use = self._last_uses()

    def moments(self) -> tuple[Moment, ...]:
        found = [self._forward_moment(place) for place in range(len(self._layers))]
        alive = sum(self._size(place) for place in self._kept) + sum(rule.kept for rule in self._rules)
        gradients, updated, pending = 0, 0, {self._storage[-1]: self._size(self._storage[-1])}
        for place in reversed(range(len(self._layers))):
            layer, rule = self._layers[place], self._rules[place]
            if not self._trained[place]:
                alive -= self._size(place) if place in self._kept else 0
                continue
            gradients += layer.parameters * layer.weight_bytes
            if not rule.view:
                for source in layer.sources:
                    if self._trained[source]:
                        pending.setdefault(self._storage[source], self._size(self._storage[source]))
            found.append(
                Moment(
                    activations=alive,
                    transient=sum(pending.values()) + rule.scratch,
                    gradients=gradients,
                    updated=updated,
                    layer=layer.name,
                )
            )
            updated = max(updated, layer.largest)
            alive -= rule.kept
            if self._storage[place] == place:
                pending.pop(place, None)
                alive -= self._size(place) if place in self._kept else 0
        return tuple(found)

    def _forward_moment(self, place: int) -> Moment:
        before = sum(self._size(each) for each in self._kept if each <= place)
        own = sum(rule.kept for rule in self._rules[: place + 1])
        at_work = {
            self._storage[each] for each in range(place + 1) if self._last_use[each] >= place
        } - self._kept
        return Moment(
            activations=before + own,
            transient=sum(map(self._size, at_work)),
            gradients=0,
            updated=0,
            layer=self._layers[place].name,
        )

    def _size(self, place: int) -> int:
        return self._layers[place].size * self._layers[place].element_bytes

    def _places(self) -> tuple[int, ...]:
        """Where each output lies: its own place, or that of what it took, for views and for what is done in place."""
        places: list[int] = []
        for number, (layer, rule) in enumerate(zip(self._layers, self._rules, strict=True)):
            shares = layer.sources and (rule.view or (rule.in_place and self._may_overwrite(layer, number)))
            places.append(places[layer.sources[0]] if shares else number)
        return tuple(places)

    def _may_overwrite(self, layer: Layer, number: int) -> bool:
        """Whether nobody else takes what it takes, and its maker does not need it."""
        source = layer.sources[0]
        takers = [place for place, each in enumerate(self._layers) if source in each.sources]
        return (
            takers == [number]
            and not self._rules[source].needs_output
            and self._layers[source].kind != "InputLayer"
        )

    def _kept_outputs(self) -> frozenset[int]:
        kept = set()
        for place, (layer, rule) in enumerate(zip(self._layers, self._rules, strict=True)):
            if rule.needs_output:
                kept.add(self._storage[place])
            if rule.needs_input:
                kept.update(self._storage[source] for source in layer.sources)
        return frozenset(kept)

    def _last_uses(self) -> tuple[int, ...]:
        """For each layer's output the last place that takes it, or its own."""
        last = list(range(len(self._layers)))
        for place, layer in enumerate(self._layers):
            for source in layer.sources:
                last[source] = place
        return tuple(last)

    def _on_the_way(self) -> tuple[bool, ...]:
        """Whether a gradient goes through a layer: it, or one that it takes something of, is trained."""
        trained: list[bool] = []
        for layer in self._layers:
            own = bool(layer.parameters) or layer.again
            trained.append(own or any(trained[source] for source in layer.sources))
        return tuple(trained)
