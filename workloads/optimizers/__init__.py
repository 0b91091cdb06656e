"""Eve, an optimizer that hears of the objective, beside Adam, SGD with momentum and RMSprop on the same seeds."""
