"""How fast the site is beside the least that its work needs: ``make bench``.

`tests.load.bench.works` has what is measured, `tests.load.bench.sides` the servers, `tests.load.bench.turns` how
they are measured in turns, and `tests.load.bench.table` the table that is committed.
"""
