"""Options of lists as values."""

import subprocess
import sys


def test_options_load_neither_numpy_nor_an_archive():
    """Whoever builds or checks options does not wait for these."""
    code = (
        "import sys, relnews.options.list_options\n"
        "slow = {'numpy', 'sqlite3', 'numba', 'relnews.storage', 'relnews.search'}\n"
        "assert not slow & {*sys.modules}, slow & {*sys.modules}\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
