"""What AWS was recorded to answer, row by row: codes, texts, statuses, members that are there and that are not.

The tables follow the recordings' own order: CreateKey, import, deletion, states, identifiers, encryption, data keys,
signatures and MACs, rotation, multi-Region keys, tags and aliases.
"""
