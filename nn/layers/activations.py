"""Activations as modules; each is the function of the same name in ``nn.functional``."""

from __future__ import annotations

from typing import Any, Literal

from .. import functional
from ..module import Module


class ReLU(Module):
    """``max(x, 0)`` (Nair and Hinton 2010).

    >>> import numpy as np
    >>> ReLU()(np.array([-1.0, 2.0]))
    array([0., 2.])
    """

    def forward(self, x: Any) -> Any:
        """relu of every element."""
        return functional.relu(x)


class LeakyReLU(Module):
    """``x`` where x > 0, else ``negative_slope · x`` (Maas et al. 2013).

    >>> import numpy as np
    >>> LeakyReLU()(np.array([-1.0, 2.0]))
    array([-0.01,  2.  ])
    """

    def __init__(self, negative_slope: float = 0.01) -> None:
        self.negative_slope = negative_slope

    def forward(self, x: Any) -> Any:
        """leaky_relu of every element."""
        return functional.leaky_relu(x, self.negative_slope)

    def extra_repr(self) -> str:
        """The settings."""
        return f"negative_slope={self.negative_slope!r}"


class ELU(Module):
    """``x`` where x > 0, else ``α (exp(x) - 1)`` (Clevert et al. 2015).

    >>> import numpy as np
    >>> ELU()(np.array([-np.inf, 2.0]))
    array([-1.,  2.])
    """

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = alpha

    def forward(self, x: Any) -> Any:
        """elu of every element."""
        return functional.elu(x, self.alpha)

    def extra_repr(self) -> str:
        """The settings."""
        return f"alpha={self.alpha!r}"


class SELU(Module):
    """A scaled elu that keeps mean 0 and variance 1 (Klambauer et al. 2017).

    >>> import numpy as np
    >>> SELU()(np.array([0.0, 1.0]))
    array([0.        , 1.05070099])
    """

    def forward(self, x: Any) -> Any:
        """selu of every element."""
        return functional.selu(x)


class SiLU(Module):
    """``x · σ(x)``, also called swish (Elfwing et al. 2017).

    >>> import numpy as np
    >>> SiLU()(np.array([0.0, 100.0]))
    array([  0., 100.])
    """

    def forward(self, x: Any) -> Any:
        """silu of every element."""
        return functional.silu(x)


class Mish(Module):
    """``x · tanh(softplus(x))`` (Misra 2019).

    >>> import numpy as np
    >>> Mish()(np.array([0.0, 100.0]))
    array([  0., 100.])
    """

    def forward(self, x: Any) -> Any:
        """mish of every element."""
        return functional.mish(x)


class GELU(Module):
    """``x · Φ(x)`` with the normal distribution function Φ (Hendrycks and Gimpel 2016).

    >>> import numpy as np
    >>> GELU()(np.array([0.0, 100.0]))
    array([  0., 100.])
    """

    def __init__(self, approximate: Literal["none", "tanh"] = "none") -> None:
        functional.gelu(0.0, approximate)  # says so if there is no such approximation
        self.approximate = approximate

    def forward(self, x: Any) -> Any:
        """gelu of every element."""
        return functional.gelu(x, self.approximate)

    def extra_repr(self) -> str:
        """The settings."""
        return f"approximate={self.approximate!r}"


class Softplus(Module):
    """``log(1 + exp(β x)) / β`` (Dugas et al. 2001).

    >>> import numpy as np
    >>> Softplus()(np.array([-1000.0, 1000.0]))
    array([   0., 1000.])
    """

    def __init__(self, beta: float = 1.0) -> None:
        functional.softplus(0.0, beta)  # refuses 0
        self.beta = beta

    def forward(self, x: Any) -> Any:
        """softplus of every element."""
        return functional.softplus(x, self.beta)

    def extra_repr(self) -> str:
        """The settings."""
        return f"beta={self.beta!r}"


class Softsign(Module):
    """``x / (1 + |x|)``.

    >>> import numpy as np
    >>> Softsign()(np.array([-1.0, 3.0]))
    array([-0.5 ,  0.75])
    """

    def forward(self, x: Any) -> Any:
        """softsign of every element."""
        return functional.softsign(x)


class Sigmoid(Module):
    """``1 / (1 + exp(-x))``.

    >>> import numpy as np
    >>> Sigmoid()(np.array([0.0]))
    array([0.5])
    """

    def forward(self, x: Any) -> Any:
        """sigmoid of every element."""
        return functional.sigmoid(x)


class LogSigmoid(Module):
    """``log σ(x)``, without overflow.

    >>> import numpy as np
    >>> LogSigmoid()(np.array([-1000.0]))
    array([-1000.])
    """

    def forward(self, x: Any) -> Any:
        """logsigmoid of every element."""
        return functional.logsigmoid(x)


class Tanh(Module):
    """The hyperbolic tangent.

    >>> import numpy as np
    >>> Tanh()(np.array([0.0]))
    array([0.])
    """

    def forward(self, x: Any) -> Any:
        """tanh of every element."""
        return functional.tanh(x)


class Hardtanh(Module):
    """x kept between two bounds.

    >>> import numpy as np
    >>> Hardtanh()(np.array([-3.0, 0.5]))
    array([-1. ,  0.5])
    """

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0) -> None:
        functional.hardtanh(0.0, min_val, max_val)  # refuses an empty range
        self.min_val, self.max_val = min_val, max_val

    def forward(self, x: Any) -> Any:
        """hardtanh of every element."""
        return functional.hardtanh(x, self.min_val, self.max_val)

    def extra_repr(self) -> str:
        """The settings."""
        return f"min_val={self.min_val!r}, max_val={self.max_val!r}"


class Softmax(Module):
    """``exp(xᵢ) / Σⱼ exp(xⱼ)`` along an axis.

    >>> import numpy as np
    >>> Softmax()(np.array([0.0, 0.0]))
    array([0.5, 0.5])
    """

    def __init__(self, dim: int = -1) -> None:
        self.dim = dim

    def forward(self, x: Any) -> Any:
        """softmax of every line along the axis."""
        return functional.softmax(x, self.dim)

    def extra_repr(self) -> str:
        """The settings."""
        return f"dim={self.dim!r}"


class LogSoftmax(Module):
    """``xᵢ - log Σⱼ exp(xⱼ)`` along an axis.

    >>> import numpy as np
    >>> LogSoftmax()(np.array([0.0]))
    array([0.])
    """

    def __init__(self, dim: int = -1) -> None:
        self.dim = dim

    def forward(self, x: Any) -> Any:
        """log_softmax of every line along the axis."""
        return functional.log_softmax(x, self.dim)

    def extra_repr(self) -> str:
        """The settings."""
        return f"dim={self.dim!r}"
