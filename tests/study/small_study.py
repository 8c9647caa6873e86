"""Small, quick studies: vouchers through a model without propagation."""

import numpy as np

import simcore

QUICK = {
    "model": "first_order",
    "sweep": {"policies.vouchers.amount": ["5 bn CNY", "10 bn CNY"]},
    "draws": 6,
    "block": 4,
    "outputs": ["iva_yoy", "iva_level_effect", "fiscal_cost"],
    "by": ["region"],
}


def quick(out=None, **changes):
    """Run the small study."""
    return simcore.study("consumption-vouchers", out=out, **(QUICK | changes))


def assert_same(one, other):
    """The same labels and the same bits."""
    assert set(one.dataset.variables) == set(other.dataset.variables)
    for name, variable in one.dataset.variables.items():
        twin = other.dataset[name]
        assert variable.dims == twin.dims, name
        if variable.dtype.kind == "f":
            assert variable.values.tobytes() == twin.values.tobytes(), name
        else:
            assert np.array_equal(variable.values, twin.values), name
