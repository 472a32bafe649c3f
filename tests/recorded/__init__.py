"""What AWS was recorded to answer, row by row: codes, texts, statuses, members that are there and that are not.

The older recordings are in test_answers and test_refusals, each row by itself, in the recordings' own order: CreateKey,
import, deletion, states, identifiers, encryption, data keys, signatures and MACs, rotation, multi-Region keys, tags and
aliases. Those of September 2026 are the text files, in which one row follows the other in the same mock; test_replay
plays them.
"""
