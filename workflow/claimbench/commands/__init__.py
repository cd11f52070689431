"""Commands: `commands/<name>.py` defines `add_arguments(parser)` and `run(args) -> int`.

The first line of its docstring is the command's help.
"""
