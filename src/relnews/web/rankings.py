"""Rankings: the queue in front of the processes that rank.

Clients share the processes by cost, whatever each asks for: the next ranking is the one that ends
first if all clients are served at equal speed (weighted fair queuing). If too much waits, the
client with the most in the queue is told to come back later.
"""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import ipaddress
import math
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from relnews.web.limits import Limits
from relnews.web.problems import HTTPProblem, WebProblem

#: What costs 1 more: items of a list, and bytes of a draft. Among 20,000 articles of 250 words a
#: list of 8 takes 6 ms; 50 items take 5 ms more, and 487,342 bytes of a draft 30 ms more.
_ITEMS = 50
_BYTES = 1 << 17

#: Weight of the newest ranking in the mean time per cost.
_NEWEST = 0.1

#: Seconds after which a refusal is sent. Clients that come back at once, on 64 connections, were
#: refused 2,000 times a second, and stored lists waited behind the refusals.
_PAUSE = 0.25

#: Bounds of the header Retry-After, in seconds.
_SOONEST, _LATEST = 1, 30


def cost_of(k: int, n_bytes: int = 0) -> float:
    """Return the cost of a list of k items; 1 is a short list of an article.

    Parameters
    ----------
    k : int
        Maximum length of the list.
    n_bytes : int, default=0
        Bytes of a draft.
    """
    return 1 + k / _ITEMS + n_bytes / _BYTES


def client_of(scope: Any) -> str:
    """Return the network address that stands for a client; of IPv6 a network of 64 bits.

    Parameters
    ----------
    scope : mapping
        The ASGI scope of a request.
    """
    host = str((scope.get("client") or ("",))[0])
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host  # a socket without an address, or a name that a proxy gave
    mapped = getattr(address, "ipv4_mapped", None)  # a socket of both versions has such addresses
    if mapped is not None:
        return str(mapped)
    if address.version == 6:
        return str(ipaddress.ip_network((int(address) >> 64 << 64, 64)))
    return host


@dataclasses.dataclass(eq=False, slots=True)
class _Ranking:
    """A ranking that waits or runs.

    Parameters
    ----------
    client : str
        Address of the client.
    cost : float
        Its cost.
    end : float
        Virtual time of its end, if all clients are served at equal speed.
    question : tuple
        What is asked of `Workers`.
    answer : Future
        The list, for the client.
    """

    client: str
    cost: float
    end: float
    question: tuple[Any, ...]
    answer: asyncio.Future[Any]


class Rankings:
    """The queue of one service.

    Parameters
    ----------
    limits : Limits
        Rankings at a time, timeout, and the maximum cost of what waits.
    ask : callable
        Returns the answer to a question, as `Workers.ask`; it is called in threads, which wait.
    """

    def __init__(self, limits: Limits, ask: Callable[..., Any]) -> None:
        self._limits = limits
        self._ask = ask
        self._threads = ThreadPoolExecutor(limits.ranking_threads, "relnews-rank")
        self._n_idle = limits.ranking_threads
        self._waiting: list[_Ranking] = []
        self._now = 0.0
        #: Virtual time of the end of each client's last ranking.
        self._ends: dict[str, float] = {}
        self._seconds_per_cost = 0.01

    @property
    def waiting_cost(self) -> float:
        """Cost of the rankings that wait."""
        return sum(ranking.cost for ranking in self._waiting)

    async def run(self, client: str, cost: float, *question: Any) -> Any:
        """Return the answer to a question.

        Parameters
        ----------
        client : str
            Who asks, as of `client_of`.
        cost : float
            Cost of the ranking, as of `cost_of`.
        *question
            What is asked.

        Raises
        ------
        HTTPProblem
            If too much waits, or if the ranking does not end in time.
        """
        end = max(self._now, self._ends.get(client, 0.0)) + cost
        answer = asyncio.get_running_loop().create_future()
        ranking = _Ranking(client, cost, end, question, answer)
        try:
            if not self._n_idle:
                self._make_room(client, cost)
            self._ends[client] = end
            self._waiting.append(ranking)
            self._start()
            async with asyncio.timeout(self._limits.ranking_timeout):
                return await ranking.answer
        except TimeoutError:
            raise self._later(WebProblem.TOO_SLOW) from None
        except HTTPProblem:
            await asyncio.sleep(_PAUSE)
            raise
        finally:
            if ranking in self._waiting:
                self._waiting.remove(ranking)

    def _make_room(self, client: str, cost: float) -> None:
        """Refuse rankings of the client with the most in the queue, until the new one fits."""
        while self._waiting and self.waiting_cost + cost > self._limits.waiting:
            costs = defaultdict(float, {client: cost})
            for ranking in self._waiting:
                costs[ranking.client] += ranking.cost
            greediest = max(costs, key=lambda name: (costs[name], name == client))
            if greediest == client:
                raise self._later(WebProblem.BUSY)
            last = max(
                (one for one in self._waiting if one.client == greediest), key=lambda one: one.end
            )
            self._waiting.remove(last)
            self._ends[greediest] -= last.cost
            if not last.answer.done():
                last.answer.set_exception(self._later(WebProblem.BUSY))

    def _start(self) -> None:
        """Start the next rankings while there are idle threads."""
        while self._n_idle and self._waiting:
            ranking = min(self._waiting, key=lambda one: one.end)
            self._waiting.remove(ranking)
            self._now = max(self._now, ranking.end - ranking.cost)
            self._n_idle -= 1
            running = asyncio.get_running_loop().run_in_executor(
                self._threads, self._ask, *ranking.question
            )
            running.add_done_callback(
                functools.partial(self._finish, ranking, time.perf_counter())
            )  # fmt: skip

    def _finish(self, ranking: _Ranking, begin: float, running: asyncio.Future[Any]) -> None:
        """Give the client its list, and start the next ranking."""
        seconds = (time.perf_counter() - begin) / ranking.cost
        self._seconds_per_cost += _NEWEST * (seconds - self._seconds_per_cost)
        self._n_idle += 1
        error = running.exception()
        if ranking.answer.done():  # the time was up
            pass
        elif error is None:
            ranking.answer.set_result(running.result())
        else:
            ranking.answer.set_exception(error)
        self._start()
        if not self._waiting and self._n_idle == self._limits.ranking_threads:
            self._now = 0.0
            self._ends.clear()

    def _later(self, problem: WebProblem) -> HTTPProblem:
        """Return a problem with the seconds after which the queue is probably empty."""
        seconds = self.waiting_cost * self._seconds_per_cost / self._limits.ranking_threads
        bounded = min(max(math.ceil(seconds), _SOONEST), _LATEST)
        return HTTPProblem(problem, {"Retry-After": str(bounded)})
