"""Statistics of many members, accumulated in the order of the members.

values  of some members  (m, e)     e elements: periods and activities, say
mean    so far           (e,)
spread  so far           (e,)       sum of squared differences from the mean
counts  by bin           (e, b + 2) of equal width; below the lowest and above the highest bin in the first and last

The loop over elements is outside, so that an element's memory is fetched once for all members at hand; each element
takes its members one by one, so that nothing depends on how many are at hand.
"""

from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def add_moments(values, count, mean, spread):
    """Welford (1962): mean and sum of squares, one member after the other; ``count`` members came before."""
    for e in range(values.shape[1]):
        for m in range(values.shape[0]):
            gap = values[m, e] - mean[e]
            mean[e] += gap / (count + m + 1)
            spread[e] += gap * (values[m, e] - mean[e])


@njit(cache=True, nogil=True, error_model="numpy")
def add_counts(values, low, width, counts, least, most):
    """Count each value in its bin, and note the least and the largest of each element."""
    bins = counts.shape[1] - 2
    for e in range(values.shape[1]):
        for m in range(values.shape[0]):
            value = values[m, e]
            place = (value - low[e]) / width[e]
            if place < 0.0:
                counts[e, 0] += 1
            elif place >= bins:
                counts[e, bins + 1] += 1
            else:
                counts[e, int(place) + 1] += 1
            least[e] = min(least[e], value)
            most[e] = max(most[e], value)


@njit(cache=True, nogil=True)
def add_groups(values, start, member, total):
    """Sums over groups: ``total[m, g]`` over ``member[start[g]:start[g + 1]]`` of ``values[m]``, in this order."""
    for m in range(values.shape[0]):
        for g in range(start.size - 1):
            amount = 0.0
            for place in range(start[g], start[g + 1]):
                amount += values[m, member[place]]
            total[m, g] = amount
