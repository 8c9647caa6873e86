"""Supply and use tables, and the input-output tables that can be built from them, on bare arrays.

V  make     (industries, products)  what each industry makes, money a year
U  use      (products, industries)  what each industry uses
q  output of products               (products,)   ``V.sum(0)``
g  output of industries             (industries,) ``V.sum(1)``
B  use coefficients                 (products, industries)  ``U / g``
D  market shares                    (industries, products)  ``V / q``
C  product mix                      (products, industries)  ``V' / g``

Source: Miller and Blair (2009), Input-Output Analysis, 2nd edition, chapter 5.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from ..errors import TableError
from .indicators import leontief_inverse, technical_coefficients

PRODUCT_BY_PRODUCT = ("industry_technology", "product_technology")
INDUSTRY_BY_INDUSTRY = ("fixed_product_sales", "fixed_industry_sales")


def use_coefficients(U: np.ndarray, V: np.ndarray) -> np.ndarray:
    """B: product used per unit of an industry's output; (products, industries)."""
    return technical_coefficients(U, np.sum(V, axis=1))


def market_shares(V: np.ndarray) -> np.ndarray:
    """D: share of each industry in the output of a product; (industries, products), columns sum to one."""
    return technical_coefficients(V, np.sum(V, axis=0))


def product_mix(V: np.ndarray) -> np.ndarray:
    """C: share of each product in an industry's output; (products, industries), columns sum to one."""
    return technical_coefficients(np.transpose(V), np.sum(V, axis=1))


def coefficients(
    U: np.ndarray,
    V: np.ndarray,
    construction: Literal[
        "industry_technology", "product_technology", "fixed_product_sales", "fixed_industry_sales"
    ] = "fixed_product_sales",
) -> np.ndarray:
    """Technical coefficients of a symmetric table built from make and use.

    =====================  ===================  ==========================================================
    construction           table                assumes
    =====================  ===================  ==========================================================
    industry_technology    product by product   ``B D``: an industry makes all its products alike
    product_technology     product by product   ``B C^-1``: a product is made alike in every industry
    fixed_product_sales    industry by industry ``D B``: a product has the same buyers whoever makes it
    fixed_industry_sales   industry by industry ``C^-1 B``: an industry has the same buyers whatever it makes
    =====================  ===================  ==========================================================

    Parameters
    ----------
    U : (products, industries) array
    V : (industries, products) array
    construction : str

    Returns
    -------
    (products, products) or (industries, industries) array
        ``product_technology`` and ``fixed_industry_sales`` need as many products as industries, and may give
        negative coefficients where a by-product needs less than the table says; both are returned as they come.

    Raises
    ------
    TableError
        If the tables do not fit each other, or the product mix has no inverse.

    References
    ----------
    Miller and Blair (2009), chapter 5; the Eurostat Manual of Supply, Use and Input-Output Tables (2008) calls the
    four models A (product technology), B (industry technology), C (fixed industry sales) and D (fixed product sales).
    """
    if np.shape(U) != np.shape(V)[::-1]:
        raise TableError(f"use has shape {np.shape(U)} and make {np.shape(V)}; make must be use's transpose in shape")
    B = use_coefficients(U, V)
    if construction == "industry_technology":
        return B @ market_shares(V)
    if construction == "fixed_product_sales":
        return market_shares(V) @ B
    C = _invertible(product_mix(V), construction)
    if construction == "product_technology":
        return np.linalg.solve(C.T, B.T).T
    if construction == "fixed_industry_sales":
        return np.linalg.solve(C, B)
    raise TableError(
        f"no construction '{construction}'; there is {', '.join((*PRODUCT_BY_PRODUCT, *INDUSTRY_BY_INDUSTRY))}"
    )


def _invertible(C: np.ndarray, construction: str) -> np.ndarray:
    if C.shape[0] != C.shape[1] or np.linalg.matrix_rank(C) < len(C):
        raise TableError(
            f"{construction} needs as many products as industries and a product mix with an inverse, found "
            f"{C.shape[0]} products of rank {np.linalg.matrix_rank(C)} and {C.shape[1]} industries; aggregate, or take "
            "industry_technology or fixed_product_sales"
        )
    return C


def product_requirements(U: np.ndarray, V: np.ndarray) -> np.ndarray:
    """Output of products per unit of final demand for products under industry technology, ``(I - B D)^-1``."""
    return leontief_inverse(coefficients(U, V, "industry_technology"))


def industry_requirements(U: np.ndarray, V: np.ndarray) -> np.ndarray:
    """Output of industries per unit of final demand for products under industry technology, ``D (I - B D)^-1``."""
    return market_shares(V) @ product_requirements(U, V)
