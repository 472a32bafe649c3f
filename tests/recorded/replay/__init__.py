"""Replays recorded answers: reads the plays in the text files beside it, plays them in a mock, compares the answers.

``notation`` says how the files are written, and reads them with ``values``. ``player`` plays them: ``making`` makes the
requests, ``comparing`` and ``checks`` hold the answers against what was recorded, ``history`` knows what was before.
"""
