"""Parameters: what scikit-learn's BaseEstimator does, without importing scikit-learn."""

from __future__ import annotations

import inspect
from typing import Any, TypeVar

from relnews._checks import shortened

Self = TypeVar("Self", bound="Parameters")


class Parameters:
    """A base class whose parameters are the keyword arguments of ``__init__``.

    ``__init__`` stores each under its own name and does nothing else.
    """

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name, as ``sklearn.base.clone`` asks for them.

        Parameters
        ----------
        deep : bool, default=True
            Ignored: no parameter is an estimator.
        """
        return {name: getattr(self, name) for name in self._defaults()}

    def set_params(self: Self, **params: Any) -> Self:
        """Set parameters, and return the object.

        Parameters
        ----------
        **params
            New values by name.

        Raises
        ------
        ValueError
            If there is no such parameter; then none is set.
        """
        names = [*self._defaults()]
        for name in params:
            if name not in names:
                kind = type(self).__name__
                msg = f"invalid parameter {name!r} for {kind}. Valid parameters are: {names}."
                raise ValueError(msg)
        for name, value in params.items():
            setattr(self, name, value)
        return self

    def __sklearn_tags__(self) -> Any:
        from sklearn.base import BaseEstimator

        return BaseEstimator.__sklearn_tags__(self)

    def __repr__(self) -> str:
        defaults = self._defaults()
        changed = (
            f"{name}={shortened(value)}"
            for name, value in self.get_params().items()
            if repr(value) != repr(defaults[name])
        )
        return f"{type(self).__name__}({', '.join(changed)})"

    @classmethod
    def _defaults(cls) -> dict[str, Any]:
        """Return the default of each parameter."""
        parameters = inspect.signature(cls).parameters
        return {name: parameter.default for name, parameter in parameters.items()}


def not_fitted(kind: str) -> Exception:
    """Return the error for the use of a model that has no archive yet."""
    # Imported late: scikit-learn is slow to import, and nothing else here needs it.
    from sklearn.exceptions import NotFittedError

    return NotFittedError(  # type: ignore[no-any-return]
        f"this {kind} has no archive yet. Call fit(articles), or open one with {kind}.open(path)."
    )


def not_pickled(kind: str) -> TypeError:
    """Return the error for a pickle or a copy of an archive in memory."""
    return TypeError(
        f"cannot pickle or copy a {kind} whose archive is in memory. Save it with save(path), and "
        f"open it with {kind}.open(path): that one can be pickled and copied."
    )
