"""The differential test: random queries must give the same rows from a foreign table and from a local copy of it.

By hand: `/usr/bin/python3 test/differential/run.py --help`. The files, from the bottom up:

    tree        pieces of SQL that can be written out for either side, and made simpler
    tables      the foreign tables, and their copies
    models      which tables there are of each API
    truth       what the copies must hold, by the service's own documents
    data        what the columns hold, for literals that hit
    values      literals: what is there, and what is nearly there
    kinds       conditions on a column, by its kind
    conditions  WHERE clauses
    queries     a query, and how it is run
    parts       select lists, sort keys, limits, aggregates
    singles     random queries of one table
    joins       random queries of several
    shapes      all of these, and how each is asked
    answers     running a query on both sides, and what makes two answers disagree
    shrink      from a query that fails to a small one that fails
    cost        what a query costs a slow service
    world       one service with its tables and settings: asks N queries and keeps the mismatches
    clouds      the stand-ins that the tests use
    glances     the real Glances, and what each tenant may GET there
    points      several worlds at once, and test points of their results
"""
