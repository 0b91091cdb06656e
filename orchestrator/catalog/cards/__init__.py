"""From a card as people and tools write it to the card that is meant. Pure; knows names, decides nothing about drivers."""
