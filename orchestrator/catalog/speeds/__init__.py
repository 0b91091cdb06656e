"""What a card and a workload on it have to reach, with sources: rates of cards, and expected figures, and floors of links."""

from orchestrator.catalog.speeds.expectations import ANY, Expectation, expectations
from orchestrator.catalog.speeds.links import least_gb_per_s
from orchestrator.catalog.speeds.rates import Rates, rates_of

__all__ = ["ANY", "Expectation", "Rates", "expectations", "least_gb_per_s", "rates_of"]
