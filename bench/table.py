"""Rows of figures: printed as a table, kept as JSON."""

import dataclasses


@dataclasses.dataclass
class Row:
    part: str
    name: str
    value: float
    unit: str
    goal: str = ''
    is_met: bool | None = None
    note: str = ''


class Table:
    def __init__(self):
        self.rows = []

    def add(self, part, name, value, unit, note='', at_most=None, at_least=None):
        """`at_most`, `at_least`: the goal, if the row has one."""
        goal, is_met = '', None
        if at_most is not None:
            goal, is_met = f'<= {at_most:g}', value <= at_most
        if at_least is not None:
            goal, is_met = f'>= {at_least:g}', value >= at_least
        row = Row(part, name, round(value, 4), unit, goal, is_met, note)
        self.rows.append(row)
        print(text_of(row), flush=True)
        return value

    def as_json(self):
        return [dataclasses.asdict(row) for row in self.rows]


def text_of(row):
    word = {None: '', True: 'met', False: 'MISSED'}[row.is_met]
    figure = f'{row.value:.3f}' if abs(row.value) < 100 else f'{row.value:.0f}'
    line = (f'{row.part:<12} {row.name:<44} {figure:>9} {row.unit:<8} {row.goal:<9} {word:<7}'
            f'{row.note}')
    return line.rstrip()
