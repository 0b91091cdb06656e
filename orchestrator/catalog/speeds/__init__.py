"""What a card and a workload on it have to reach, with sources: rates of cards, and expected figures."""

from orchestrator.catalog.speeds.expectations import ANY, Expectation, expectations
from orchestrator.catalog.speeds.rates import Rates, rates_of

__all__ = ["ANY", "Expectation", "Rates", "expectations", "rates_of"]
