"""Limits: what a client may take of the service."""

from __future__ import annotations

import dataclasses

from relnews._checks import check_integer, check_real

#: Maximum of a limit in seconds; timers overflow far above it.
_DAY = 86_400


@dataclasses.dataclass(frozen=True, slots=True)
class Limits:
    """Limits of a service, in seconds and in numbers.

    The limits of connections hold where `relnews.web.connections.Connection` is the protocol of the
    server, as it is in ``relnews serve``. The others hold under every server.

    Parameters
    ----------
    connections : int, default=4096
        Maximum number of open connections. A connection above it takes the place of the one that
        has waited longest for a request; if none waits, it is answered with 503.
    header_timeout : float, default=10
        Seconds in which the header of a request must arrive, from the beginning of a connection or
        from the first byte of a later request.
    body_timeout : float, default=10
        Seconds in which the body of a request must arrive.
    answer_timeout : float, default=10
        Seconds in which a client must take an answer that the buffers cannot hold.
    keep_alive : float, default=5
        Seconds that an idle connection is kept for another request; an option of the server.
    ranking_threads : int, default=2
        Number of rankings at a time, each in a process of its own.
    ranking_timeout : float, default=10
        Seconds in which a list must be ranked, waiting included.
    waiting : int, default=32
        Maximum cost of the rankings that wait; `relnews.web.rankings` says what a ranking costs.
    """

    connections: int = 4096
    header_timeout: float = 10.0
    body_timeout: float = 10.0
    answer_timeout: float = 10.0
    keep_alive: float = 5.0
    ranking_threads: int = 2
    ranking_timeout: float = 10.0
    waiting: int = 32

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if isinstance(field.default, int):
                check_integer(field.name, value, minimum=1)
            else:
                check_real(field.name, value, 0, _DAY, above=True, unit="seconds")
