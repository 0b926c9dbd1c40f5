"""The queue of rankings: who is next, who is refused, and what is said."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relnews.web import Limits
from relnews.web.problems import HTTPProblem, WebProblem
from relnews.web.rankings import Rankings, client_of, cost_of
from waiting import LIMIT


class Pool:
    """Rankings on one thread that wait until the test lets them run; it notes their order."""

    def __init__(self, **limits: Any) -> None:
        self.rankings = Rankings(
            Limits(**{"ranking_threads": 1, "ranking_timeout": LIMIT, **limits}), self._rank
        )
        self.gate = threading.Event()
        self.order: list[str] = []

    def ask(self, client: str, cost: float = 1.0) -> asyncio.Task[Any]:
        coroutine: Coroutine[Any, Any, Any] = self.rankings.run(client, cost, client)
        return asyncio.ensure_future(coroutine)

    def _rank(self, client: str) -> str:
        assert self.gate.wait(LIMIT)
        self.order.append(client)
        return client

    async def outcomes(self, tasks: list[asyncio.Task[Any]]) -> list[Any]:
        """Let all run; return each client's name, or its problem."""
        self.gate.set()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        return [one.problem if isinstance(one, HTTPProblem) else one for one in outcomes]


def run(function: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(function())


def test_clients_take_turns() -> None:
    """A client with many rankings does not keep another one waiting for all of them."""

    async def scenario() -> None:
        pool = Pool()
        tasks = [pool.ask("many") for _ in range(10)]
        await asyncio.sleep(0)
        tasks += [pool.ask("single") for _ in range(2)]
        await asyncio.sleep(0)
        assert await pool.outcomes(tasks) == ["many"] * 10 + ["single"] * 2
        assert [*pool.order[:5]].count("single") == 2
        assert pool.rankings.waiting_cost == 0

    run(scenario)


def test_turns_are_by_cost() -> None:
    """Who asks for long rankings gets fewer of them."""

    async def scenario() -> None:
        pool = Pool(waiting=1000)
        first = pool.ask("first")
        await asyncio.sleep(0)
        tasks = [pool.ask("long", 4) for _ in range(6)] + [pool.ask("short", 1) for _ in range(24)]
        await asyncio.sleep(0)
        await pool.outcomes([first, *tasks])
        half = pool.order[1:16]
        assert 2 <= half.count("long") <= 4

    run(scenario)


def test_the_client_with_the_most_is_refused() -> None:
    """If too much waits, those who wait for little stay in the queue."""

    async def scenario() -> None:
        pool = Pool(waiting=10)
        greedy = [pool.ask("greedy") for _ in range(15)]
        await asyncio.sleep(0)
        others = [pool.ask(f"{i}") for i in range(6)]
        await asyncio.sleep(0)
        assert pool.rankings.waiting_cost == 10
        outcomes = await pool.outcomes([*greedy, *others])
        assert outcomes[15:] == [f"{i}" for i in range(6)]
        assert outcomes[:15].count("greedy") == 5
        assert outcomes[:15].count(WebProblem.BUSY) == 10
        assert await pool.outcomes([pool.ask("greedy")]) == ["greedy"]

    run(scenario)


def test_a_refusal_comes_at_once_and_says_when_to_return() -> None:
    """The problem has Retry-After, and does not wait for a thread."""

    async def scenario() -> None:
        pool = Pool(waiting=2)
        tasks = [pool.ask("a") for _ in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(HTTPProblem) as caught:
            await pool.ask("a")
        assert not any(task.done() for task in tasks)
        assert caught.value.problem is WebProblem.BUSY
        assert 1 <= int(caught.value.headers["Retry-After"]) <= 30
        await pool.outcomes(tasks)

    run(scenario)


def test_one_ranking_may_cost_more_than_may_wait() -> None:
    """A long draft is ranked if nothing else waits, and refused otherwise."""

    async def scenario() -> None:
        pool = Pool(waiting=4)
        first, long = pool.ask("a"), pool.ask("b", 9)
        await asyncio.sleep(0)
        longer = pool.ask("c", 9)
        await asyncio.sleep(0)
        assert await pool.outcomes([first, long, longer]) == ["a", "b", WebProblem.BUSY]

    run(scenario)


def test_who_waits_too_long_is_told_so_and_leaves_the_queue() -> None:
    """The timeout counts waiting; a ranking that nobody waits for is not started."""

    async def scenario() -> None:
        pool = Pool(ranking_timeout=0.1)
        tasks = [pool.ask("a") for _ in range(3)]
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert [one.problem for one in outcomes] == [WebProblem.TOO_SLOW] * 3
        assert pool.rankings.waiting_cost == 0
        pool.gate.set()
        while await pool.outcomes([pool.ask("b")]) != ["b"]:
            pass  # this machine is busy: the thread was not done in time
        first, *others = pool.order
        assert (first, {*others}) == ("a", {"b"})

    run(scenario)


def test_an_error_is_that_of_its_client() -> None:
    """An exception of a ranking reaches the client that asked, and no other."""

    async def scenario() -> None:
        rankings = Rankings(Limits(ranking_threads=1), divmod)
        with pytest.raises(ZeroDivisionError):
            await rankings.run("a", 1, 1, 0)
        assert await rankings.run("a", 1, 7, 2) == (3, 1)

    run(scenario)


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 5)), max_size=30),
    st.integers(1, 12), st.integers(1, 3),
)  # fmt: skip
def test_nothing_is_lost(asked: list[tuple[str, int]], waiting: int, threads: int) -> None:
    """Every ranking is answered or refused; the cost of what waits stays within the limit."""

    async def scenario() -> None:
        pool = Pool(waiting=waiting, ranking_threads=threads)
        tasks = []
        for client, cost in asked:
            tasks.append(pool.ask(client, cost))
            await asyncio.sleep(0)
            most = max(waiting, max((cost for _, cost in asked), default=0))
            assert pool.rankings.waiting_cost <= most
        outcomes = await pool.outcomes(tasks)
        answered = [one for one in outcomes if one is not WebProblem.BUSY]
        assert sorted(answered) == sorted(pool.order)
        for (client, _), outcome in zip(asked, outcomes, strict=True):
            assert outcome in (client, WebProblem.BUSY)
        assert pool.rankings.waiting_cost == 0

    run(scenario)


def test_costs() -> None:
    """Longer lists and drafts cost more."""
    assert cost_of(1) < cost_of(8) < cost_of(50) <= 2 < cost_of(8, 1 << 20)


@pytest.mark.parametrize(
    ("one", "other", "are_same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("a name", "a name", True),
    ],
)
def test_who_is_one_client(one: str, other: str, are_same: bool) -> None:
    """A client is an address, of IPv6 a network of 64 bits."""
    first, second = (client_of({"client": (host, 80)}) for host in (one, other))
    assert (first == second) is are_same
    assert client_of({"client": None}) == client_of({}) == ""
