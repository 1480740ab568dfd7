"""Studies that compare published models, one folder each.

Each study is a command with the same options, run from the root of the repository:

    python -m research.relations --tables    # regenerate the tables from results/*.jsonl
    python -m research.relations --run       # do the missing training runs, then write the tables
"""
