"""Leaves tests out by their whole names, one a line of OMITTED_TESTS: a plug-in of pytest.

Its own option `--deselect` takes what merely begins so along, unseen.
"""

import os


def pytest_collection_modifyitems(config, items):
    omitted = set(os.environ["OMITTED_TESTS"].split("\n"))
    config.hook.pytest_deselected(items=[item for item in items if item.nodeid in omitted])
    items[:] = [item for item in items if item.nodeid not in omitted]
