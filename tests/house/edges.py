#!/usr/bin/env python3
"""Compares every `#include "…"` with the edges that src/CMakeLists.txt declares.

A file may include headers of its own module and of modules that its line names. What those name
in turn has to be named too, so that the line of a module tells everything that it uses. (Tests that
span modules may use whatever the modules they link are made of.)
Run as `edges.py ROOT`; prints one line per breach and exits 1 if there is any.
"""

import dataclasses
import pathlib
import re
import sys

import source_text

_MODULE = re.compile(r'^\s*shelcaster_module\(([^)]*)\)', re.MULTILINE)
_LINK = re.compile(r'^\s*target_link_libraries\(([^)]*)\)', re.MULTILINE)
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+"([^"]*)"', re.MULTILINE)
_KEYWORDS = {'PUBLIC', 'PRIVATE', 'INTERFACE'}


@dataclasses.dataclass
class Module:
    folder: str
    named: list

    @property
    def name(self):
        return self.folder.replace('/', '_')


def _without_cmake_comments(text):
    return re.sub(r'#[^\n]*', '', text)


def parse_modules(cmake_text):
    """Modules in the order in which they are declared."""
    modules = []
    for match in _MODULE.finditer(_without_cmake_comments(cmake_text)):
        words = match.group(1).split()
        modules.append(Module(words[0], [word for word in words[1:] if word not in _KEYWORDS]))
    return modules


def parse_linked(cmake_text):
    """Everything that any target of a CMakeLists.txt links, for folders that hold no module."""
    linked = set()
    for match in _LINK.finditer(_without_cmake_comments(cmake_text)):
        linked.update(word for word in match.group(1).split()[1:] if word not in _KEYWORDS)
    return linked


def with_what_they_name(names, modules):
    """`names` and everything that these modules name in turn."""
    by_name = {module.name: module for module in modules}
    reached = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += by_name[name].named if name in by_name else []
    return reached


def includes(text):
    """(line number, path) of each `#include "…"`."""
    shown = source_text.without_comments(text)
    return [(shown.count('\n', 0, match.start()) + 1, match.group(1))
            for match in _INCLUDE.finditer(shown)]


def module_of(path, modules):
    """The module whose folder is the longest prefix of a path relative to src/."""
    inside = [module for module in modules if path.startswith(module.folder + '/')]
    return max(inside, key=lambda module: len(module.folder), default=None)


def declaration_breaches(modules):
    """Edges that point upwards (which also rules cycles out), and names declared twice."""
    found = []
    all_names = {module.name for module in modules}
    above = set()
    for module in modules:
        if module.name in above:
            found.append(f'src/CMakeLists.txt: {module.name} is declared twice')
        for name in module.named:
            if name in all_names and name not in above:
                found.append(f'src/CMakeLists.txt: {module.name} names {name}, which is not '
                             f'declared above it; edges go bottom-up, so move the line or turn '
                             f'the edge round')
        above.add(module.name)
    return found


def file_breaches(where, own, allowed, text, modules, headers):
    """Breaches of one file. `own` is its module's name or None, `allowed` the names it may use,
    `headers` all header paths below src/."""
    found = []
    for line, path in includes(text):
        at = f'{where}:{line}'
        if '..' in path.split('/'):
            found.append(f'{at}: "{path}" climbs out of its folder; write the path from src/')
            continue
        module = module_of(path, modules)
        if own is None and module is None:
            continue
        if module is None:
            found.append(f'{at}: "{path}" belongs to no module; write the path from src/, '
                         f'or <{path}> for a system header')
        elif path not in headers:
            found.append(f'{at}: "{path}" does not exist')
        elif module.name != own and module.name not in allowed:
            found.append(f'{at}: includes "{path}", but {own or "its CMakeLists.txt"} does not name '
                         f'{module.name}; name it, or do without')
        elif module.name != own and '/detail/' in path and own is not None:
            found.append(f'{at}: "{path}" is private to {module.name}')
    return found


def unused_breaches(modules, used):
    """Edges that are declared, but that no file of the module needs."""
    names = {module.name for module in modules}
    return [f'src/CMakeLists.txt: {module.name} names {name}, but no file of it includes it; '
            f'remove the name'
            for module in modules if used.get(module.name)
            for name in module.named if name in names and name not in used[module.name]]


def _source_breaches(root, modules, headers, used):
    src = root / 'src'
    executable = parse_linked((src / 'CMakeLists.txt').read_text())
    found = []
    for path in sorted(src.rglob('*.[hc]pp')):
        relative = path.relative_to(src).as_posix()
        text = path.read_text()
        module = module_of(relative, modules)
        if module is None:
            found += file_breaches(f'src/{relative}', 'the executable', executable, text, modules,
                                   headers)
            continue
        found += file_breaches(f'src/{relative}', module.name, set(module.named), text, modules,
                               headers)
        targets = (module_of(name, modules) for _, name in includes(text))
        used.setdefault(module.name, set()).update(t.name for t in targets if t)
    return found


def _test_breaches(root, modules, headers):
    found = []
    for cmake in sorted((root / 'tests').glob('*/CMakeLists.txt')):
        linked = with_what_they_name(parse_linked(cmake.read_text()), modules)
        for path in sorted(cmake.parent.rglob('*.[hc]pp')):
            if 'node_modules' not in path.parts:
                found += file_breaches(path.relative_to(root).as_posix(), None, linked,
                                       path.read_text(), modules, headers)
    return found


def check(root):
    """All breaches of a source tree."""
    src = root / 'src'
    modules = parse_modules((src / 'CMakeLists.txt').read_text())
    headers = {path.relative_to(src).as_posix() for path in src.rglob('*.hpp')}
    used = {}
    found = declaration_breaches(modules)
    found += _source_breaches(root, modules, headers, used)
    found += unused_breaches(modules, used)
    return found + _test_breaches(root, modules, headers)


def main(arguments):
    breaches = check(pathlib.Path(arguments[1] if len(arguments) > 1 else '.').resolve())
    for breach in breaches:
        print(breach)
    print(f'edges: {len(breaches)} breaches' if breaches else 'edges: all includes are declared')
    return 1 if breaches else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv))
