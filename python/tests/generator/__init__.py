"""Programs drawn at random, which must do compiled what they do in plain CPython.

`python -m generator --programs 1000 --seed 1 --jobs 2` plays them; a program that differs is shrunk and printed.
"""
