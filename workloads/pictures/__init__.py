"""Pictures of networks, weights and predictions, as SVG that needs nothing beside it."""
