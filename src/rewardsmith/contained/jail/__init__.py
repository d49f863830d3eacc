"""What stands between a stranger's program and the machine; run by itself, never imported.

A Python that imports nothing but this package reads one JSON object from its standard input
(`../runner.py` decides what is in it: limits, what can be seen, the filter of system calls). This
process, the keeper, starts the program, reads its output up to a limit, kills it with all that it
started once it is done or a limit is reached, and prints one JSON object. Only the standard library
is used, so that it starts in a few milliseconds.

With `level` "namespaces" the program is in its own namespaces of processes, mounts, network, IPC
and host name, and of users where the keeper is not root. The kernel then kills whatever is left
when process 1 of the namespace ends. With "weaker" the keeper adopts every orphan (subreaper) and
kills its descendants one by one.
"""
