"""Records of resumable transfers that are whole whenever they are read: a plug-in of pytest.

oss2 writes such a record in place, under a lock that its reader does not take. A test that reads it while other
threads finish parts (test_tmp_file_removed) now and then finds an empty file, whatever the server does.
"""

import os

from oss2 import resumable

store_class = resumable._ResumableStoreBase
write_in_place = store_class.put


def write_whole(store, key, value):
    fresh = key + ".new"
    write_in_place(store, fresh, value)
    os.replace(os.path.join(store.dir, fresh), os.path.join(store.dir, key))


store_class.put = write_whole
