"""From statistics to an economy: balancing, regions, ownership, baseline."""
