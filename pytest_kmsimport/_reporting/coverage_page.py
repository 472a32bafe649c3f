"""Coverage as one page of HTML that needs nothing else: operations down, faults across; then the key policies."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from html import escape
from itertools import groupby
from typing import Protocol


class Row(Protocol):
    """One operation: what can go wrong with it, by kind, and what of that was exercised."""

    @property
    def operation(self) -> str: ...
    @property
    def possible(self) -> Mapping[str, str]: ...
    @property
    def exercised(self) -> Mapping[str, Collection[str]]: ...


class Statement(Protocol):
    """One statement of a key policy, and the tests in which it has decided something."""

    @property
    def name(self) -> str: ...
    @property
    def tests(self) -> Collection[str]: ...


class KeyPolicy(Protocol):
    """One key policy, and the tests that have had it."""

    @property
    def tests(self) -> Sequence[str]: ...
    @property
    def statements(self) -> Sequence[Statement]: ...


def page(
    rows: Sequence[Row],
    by_kind: Mapping[str, tuple[int, int]],
    policies: Sequence[KeyPolicy],
    made: Mapping[str, str],
) -> str:
    """The whole page."""
    kinds = {name: kind for row in rows for name, kind in row.possible.items()}
    order = list(dict.fromkeys(kinds.values()))
    columns = sorted(kinds, key=lambda name: order.index(kinds[name]))
    exercised, possible = sum(len(row.exercised) for row in rows), sum(len(row.possible) for row in rows)
    total = f"{exercised} of {possible} exercised" + (f", {100 * exercised / possible:.0f} %" if possible else "")
    shares = {kind: f"{kind} {done}/{count}" for kind, (done, count) in by_kind.items()}
    groups = [(shares[kind], len(list(names))) for kind, names in groupby(columns, key=kinds.__getitem__)]
    return _PAGE.format(
        total=escape(total),
        operations=len(rows),
        made=escape(", ".join(f"{name} {value}" for name, value in made.items())),
        tests="\n".join(_tests(row) for row in rows if row.exercised),
        groups="".join(f'<th class="kind" colspan="{count}">{escape(kind)}</th>' for kind, count in groups),
        columns="".join(f"<th><span>{escape(name)}</span></th>" for name in columns),
        rows="\n".join(_row(row, columns) for row in rows),
        policies="".join(_key_policy(number, policy) for number, policy in enumerate(policies, 1)),
    )


def _row(row: Row, columns: Iterable[str]) -> str:
    share = 100 * len(row.exercised) / len(row.possible) if row.possible else 100
    cells = "".join(_cell(row, name) for name in columns)
    head = f'<th scope="row">{escape(row.operation)}</th>'
    bar = f'<td class="share"><i style="width:{share:.0f}%"></i><b>{len(row.exercised)}/{len(row.possible)}</b></td>'
    return f"<tr>{head}{bar}{cells}</tr>"


def _cell(row: Row, name: str) -> str:
    if name not in row.possible:
        return f'<td class="none" title="{escape(name)} cannot happen to {escape(row.operation)}"></td>'
    done = name in row.exercised
    title = f"{row.operation}, {name}: {'exercised' if done else 'not exercised'}"
    return f'<td class="{"done" if done else "open"}" title="{escape(title)}">{"&#10003;" if done else ""}</td>'


def _tests(row: Row) -> str:
    names = "".join(
        f"<dt>{escape(name)}</dt>" + "".join(f"<dd>{escape(test)}</dd>" for test in tests)
        for name, tests in row.exercised.items()
    )
    return f"<details><summary>{escape(row.operation)}</summary><dl>{names}</dl></details>"


def _key_policy(number: int, policy: KeyPolicy) -> str:
    title = f"Key policy {number}, of {', '.join(policy.tests)}"
    statements = "".join(
        f'<tr><th scope="row">{escape(one.name)}</th><td class="{"done" if one.tests else "open"}">'
        f"{escape(', '.join(one.tests) or 'never decided')}</td></tr>"
        for one in policy.statements
    )
    return f"<h2>{escape(title)}</h2><table>{statements}</table>"


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>KMS coverage</title>
<style>
:root {{ color-scheme: light dark; --ink: #1d2733; --paper: #fff; --line: #d5dbe1; --done: #1a7f4b; --open: #f3d9b1;
  --none: #eef1f4; }}
@media (prefers-color-scheme: dark) {{ :root {{ --ink: #dfe6ee; --paper: #14191f; --line: #333d48; --done: #2f9e66;
  --open: #5c4523; --none: #1c232b; }} }}
body {{ font: 14px/1.4 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 2rem; }}
h1 {{ font-size: 1.4rem; margin: 0; }}
h2 {{ font-size: 1.1rem; margin: 1.2rem 0 .3rem; }}
dt {{ margin-top: .3rem; }}
p {{ margin: .3rem 0 1.2rem; }}
.key span {{ display: inline-block; width: 1em; height: 1em; vertical-align: -.1em; margin: 0 .3em 0 1em;
  border: 1px solid var(--line); }}
.grid {{ overflow: auto; max-height: 80vh; border: 1px solid var(--line); }}
table {{ border-collapse: separate; border-spacing: 0; font-size: 12px; }}
th, td {{ border-right: 1px solid var(--line); border-bottom: 1px solid var(--line); padding: .15rem .3rem; }}
thead th {{ position: sticky; top: 0; background: var(--paper); z-index: 1; vertical-align: bottom; }}
thead tr + tr th {{ top: 1.6rem; }}
thead th span {{ writing-mode: vertical-rl; transform: rotate(180deg); font-weight: normal; white-space: nowrap; }}
.kind {{ text-align: left; height: 1.2rem; white-space: nowrap; }}
tbody th {{ position: sticky; left: 0; background: var(--paper); text-align: left; font-weight: normal; z-index: 1; }}
thead th.corner {{ left: 0; z-index: 2; text-align: left; }}
td {{ text-align: center; width: 1.4em; }}
.done {{ background: var(--done); color: #fff; }}
.open {{ background: var(--open); }}
.none {{ background: var(--none); }}
.share {{ position: relative; min-width: 5em; }}
.share i {{ position: absolute; inset: 0 auto 0 0; background: var(--done); opacity: .35; }}
.share b {{ position: relative; font-weight: normal; }}
</style>
</head>
<body>
<h1>KMS fault coverage</h1>
<p>{total}, in {operations} operations.
<span class="key"><span class="done"></span>exercised <span class="open"></span>not exercised
<span class="none"></span>cannot happen</span></p>
<div class="grid">
<table>
<thead>
<tr><th class="corner" rowspan="2">operation</th><th rowspan="2">exercised</th>{groups}</tr>
<tr>{columns}</tr>
</thead>
<tbody>
{rows}
</tbody>
</table>
</div>
<h2>Exercised by</h2>
{tests}
{policies}
<p>{made}</p>
</body>
</html>
"""
