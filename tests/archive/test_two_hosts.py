"""A cluster of two hosts: network namespaces of this machine, which share nothing but a folder."""

import contextlib
import os
import shutil
import subprocess
import sys
import textwrap

import pytest

from waiting import LIMIT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        "os.name != 'posix' or os.geteuid() != 0 or not shutil.which('ip')",
        reason="makes network namespaces: needs root and iproute2",
    ),
]

#: Address of each host, by the name of its namespace.
HOSTS = {f"relnews-{os.getpid()}-a": "10.213.77.1", f"relnews-{os.getpid()}-b": "10.213.77.2"}

#: Makes lists on the cluster whose address is the first argument, of the archive that is the
#: second, and compares them with those of one thread.
PROGRAM = textwrap.dedent("""
    import sys
    import joblib
    from distributed import Client
    from relnews import RelatedNews, _parallel
    from relnews.archive import archive

    archive.BLOCK, _parallel._UNANSWERED = 8, 1  # many small tasks

    def archives_opened():
        from relnews.archive import workers
        return len(workers._archives)

    if __name__ == "__main__":
        news = RelatedNews.open(sys.argv[2])
        expected = [*news.related_all()]
        with Client(sys.argv[1]) as client:
            client.wait_for_workers(2)
            with joblib.parallel_config(backend="dask"):
                assert [*news.related_all()] == expected
                assert news.duplicates(0.5) == RelatedNews.open(sys.argv[2]).duplicates(0.5)
            opened = client.run(archives_opened)
        print(len(expected), sorted((worker.split("//")[1].split(":")[0], n)
                                    for worker, n in opened.items()))
""")


def ip(*arguments):
    """Run a command of iproute2."""
    subprocess.run(["ip", *arguments], check=True, timeout=LIMIT)


@pytest.fixture
def hosts():
    """Yield what runs a program on a host, two of which have a cable between them."""
    first, second = HOSTS
    with contextlib.ExitStack() as stack:
        for host in HOSTS:
            ip("netns", "add", host)
            stack.callback(ip, "netns", "delete", host)
        ip("link", "add", "cable", "netns", first, "type", "veth",
           "peer", "name", "cable", "netns", second)  # fmt: skip
        for host, address in HOSTS.items():
            ip("-n", host, "address", "add", f"{address}/24", "dev", "cable")
            for device in "lo", "cable":
                ip("-n", host, "link", "set", device, "up")

        def begin(host, *command, **options):
            process = subprocess.Popen(
                ["ip", "netns", "exec", host, sys.executable, *command], text=True, **options
            )
            stack.enter_context(process)
            stack.callback(process.terminate)
            return process

        yield begin


def test_a_scheduler_and_workers_on_two_hosts(hosts, pending_sample, tmp_path):
    """Workers of both hosts make the lists of one thread."""
    pytest.importorskip("distributed", reason="dask is not installed")
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    folder = shutil.copytree(pending_sample, tmp_path / "shared.relnews")
    first, _ = HOSTS
    scheduler = f"tcp://{HOSTS[first]}:8786"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    hosts(first, "-m", "distributed.cli.dask_scheduler", "--host", HOSTS[first], "--port", "8786",
          "--no-dashboard", **quiet)  # fmt: skip
    for host, address in HOSTS.items():
        hosts(host, "-m", "distributed.cli.dask_worker", scheduler, "--host", address,
              "--nthreads", "1", "--no-dashboard", "--local-directory", tmp_path / host,
              **quiet)  # fmt: skip
    client = hosts(first, program, scheduler, folder,
                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip
    output, errors = client.communicate(timeout=LIMIT)
    assert (client.returncode, output) == (
        0, f"124 {[(address, 1) for address in HOSTS.values()]}\n",
    ), errors  # fmt: skip
