#!/usr/bin/env python3
"""House rules that a compiler does not know, each with what to do instead.

Run as `tidy.py ROOT`; prints one line per breach and exits 1 if there is any.
Exceptions stand in EXCEPTIONS with a reason; one that is not needed any more is a breach too.
"""

import fnmatch
import pathlib
import re
import sys

import edges
import source_text

FILE_LINES_MAX = 600
LINE_COLUMNS_MAX = 110
SCRIPT_LINES_MAX = 110

# Runs on the audio thread, from its constructor's end on.
AUDIO_THREAD = ('src/audio/*', 'src/codec/*', 'src/mixer/*', 'src/rtc/media/*', 'src/rtc/jitter/*',
                'src/tape/tape.*', 'src/app/mix/floor/*', 'src/app/mix/gate/*',
               'src/app/mix/recovery/seam.*', 'src/app/mix/roster/*')
TESTS = ('tests/*', '*_test.cpp', '*_bench.cpp')
TOUCHES_THE_MACHINE = ('src/runtime/*', 'src/app/*', 'src/launch/*', 'bench/*')

# (rule, pattern in code, what to do instead, globs where it is allowed)
BANNED = (
    ('steady-clock', r'\bsteady_clock::now\b', 'take a base::Instant from whoever calls',
     TOUCHES_THE_MACHINE),
    ('system-clock',
     r'\b(system_clock|high_resolution_clock|file_clock)::now\b|\b(gettimeofday|time)\((NULL|nullptr)',
     'take a base::WallTime from whoever calls', TOUCHES_THE_MACHINE),
    ('random-device', r'\brandom_device\b|\bs?rand\(', 'take a base::Random& from whoever calls',
     TOUCHES_THE_MACHINE),
    ('sleep', r'\bsleep_(for|until)\b|\bu?sleep\(|\bnanosleep\(',
     'return a base::Timeout and let the owner wait; in tests wait for a condition',
     TOUCHES_THE_MACHINE),
    ('thread', r'\bstd::j?thread\b(?!::id)|\bstd::async\b|\bpthread_create\b',
     'be single-threaded; runtime/ and app/ own the threads', TOUCHES_THE_MACHINE + TESTS),
    ('socket',
     r'(?<![\w>])::(socket|socketpair|bind|connect|accept4?|recvm?msg|sendm?msg|recvfrom|sendto)\('
     r'|#include <sys/socket.h>|\basio::\w',
     'be sans-IO: take datagrams, give net::Transmit; runtime/ and app/ own the sockets',
     TOUCHES_THE_MACHINE + TESTS),
    ('stdout',
     r'\b(std::)?(printf|puts|putchar|vprintf)\(|\bstd::(cout|cerr|clog)\b|\bfprintf\(\s*std(out|err)\b',
     'log by base::log, or print in app/ what the user asked for', ('src/app/*',) + TESTS),
    ('volatile', r'\bvolatile\b(?! std::sig_atomic_t)', 'use std::atomic', ()),
    ('rethrow-away', r'\bcatch \(\.\.\.\) \{\s*\}', 'handle it or let it abort', ()),
    ('using-namespace', r'\busing namespace (std|boost)\s*;', 'name what you use', ()),
)
BANNED_ON_AUDIO_THREAD = (
    ('audio-lock',
     r'\bstd::(recursive_|shared_|timed_)?mutex\b|\bstd::(lock_guard|unique_lock|scoped_lock)\b'
     r'|\bcondition_variable\b', 'pass values by base::SpscQueue or std::atomic'),
    ('audio-allocation',
     r'\bnew [\w:]|\b(malloc|calloc|realloc|strdup)\(|\.(push_back|emplace_back|push_front)\(',
     'size it in the constructor; the render never allocates'),
    ('audio-log', r'\blog::(debug|info|warn|error|write)\(', 'count it, and let another thread tell'),
)
COMMENTED_OUT = re.compile(
    r'^(#include\b.*|(if|for|while|switch) \(.*\)( \{)?|return\b[^.]*;|[{}]+;?'
    r'|(const |auto |static |std::)[\w:<>&*, ]+ ?[=({].*;|[\w:.\->]*\w\([^ ].*\);|[\w.\->]+ [+-]?= .*;)$')

# (path, rule, reason)
EXCEPTIONS = (
)


def applies(path, globs):
    return any(fnmatch.fnmatchcase(path, glob) for glob in globs)


def is_test_source(path):
    return path.startswith('tests/') or bool(re.search(r'(_(test|fuzz|bench)\.cpp|_for_tests\.hpp)$', path))


def _line_of(text, position):
    return text.count('\n', 0, position) + 1


def banned_breaches(path, text):
    """(rule, message) of every banned call in a C++ file."""
    code = source_text.code_only(text)
    rules = [(rule, pattern, advice) for rule, pattern, advice, globs in BANNED
             if not applies(path, globs)]
    if applies(path, AUDIO_THREAD) and not is_test_source(path):
        rules += BANNED_ON_AUDIO_THREAD
    return [(rule, f'{path}:{_line_of(code, match.start())}: {match.group().strip()}: {advice}')
            for rule, pattern, advice in rules for match in re.finditer(pattern, code)]


def note_breaches(path, text):
    """Notes to oneself: they belong in an issue, or in the code."""
    return [('note', f'{path}:{_line_of(text, match.start())}: {match.group()}: do it now, or '
             f'write an issue')
            for match in re.finditer(r'\b(TO' r'DO|FIX' r'ME|XX' r'X|HA' r'CK)\b', text)]


def commented_out_breaches(path, text):
    found = []
    for number, line in enumerate(source_text.comments_only(text).split('\n'), 1):
        comment = re.match(r'\s*//\s*(\S.*)$', line)
        if comment and COMMENTED_OUT.match(comment.group(1).rstrip()):
            found.append(('commented-out', f'{path}:{number}: looks like commented-out code; '
                          f'delete it, history keeps it'))
    return found


def length_breaches(path, text, lines_max=FILE_LINES_MAX):
    lines = text.split('\n')
    found = [('long-line', f'{path}:{number}: {len(line)} columns; at most {LINE_COLUMNS_MAX}')
             for number, line in enumerate(lines, 1) if len(line) > LINE_COLUMNS_MAX]
    if len(lines) - 1 > lines_max:
        found.append(('long-file', f'{path}: {len(lines) - 1} lines; at most {lines_max}: split it '
                      f'by what it is about'))
    if text and not text.endswith('\n'):
        found.append(('last-line', f'{path}: the last line has no end'))
    return found


def header_breaches(path, text):
    if path.endswith('.hpp') and not re.search(r'^#pragma once$', text, re.MULTILINE):
        return [('pragma-once', f'{path}: no #pragma once')]
    return []


def dead_file_breaches(paths, modules, texts):
    """Sources below src/ that no target compiles, and headers that nothing includes."""
    included = {name for text in texts for _, name in edges.includes(text)}
    found = []
    for path in paths:
        module = edges.module_of(path, modules)
        if path.endswith('.hpp'):
            if path not in included:
                found.append(('dead-file', f'src/{path}: nothing includes it'))
            continue
        if path in ('app/main.cpp', 'app/show_main.cpp'):
            continue
        folder = path.rpartition('/')[0]
        homes = (module.folder, module.folder + '/detail') if module else ()
        if folder not in homes or (path.endswith('_fuzz.cpp') and folder.endswith('/detail')):
            found.append(('dead-file', f'src/{path}: no target compiles it'))
    return found


def file_breaches(path, text):
    """Everything that can be said about one file by itself."""
    if path.endswith(('.cpp', '.hpp')):
        return (banned_breaches(path, text) + note_breaches(path, text)
                + commented_out_breaches(path, text) + length_breaches(path, text)
                + header_breaches(path, text))
    if path.startswith(('script/', '.ci/')) and not path.endswith('.txt'):
        return note_breaches(path, text) + length_breaches(path, text, SCRIPT_LINES_MAX)
    breaches = note_breaches(path, text) + length_breaches(path, text)
    if path.startswith('ui/'):  # Prettier breaks the lines there.
        breaches = [breach for breach in breaches if breach[0] != 'long-line']
    return breaches


def without_exceptions(breaches, exceptions):
    """`breaches` are (path, rule, message). Unneeded exceptions come out as breaches."""
    left = []
    needed = set()
    for path, rule, message in breaches:
        if any((path, rule) == exception[:2] for exception in exceptions):
            needed.add((path, rule))
        else:
            left.append(message)
    return left + [f'tests/house/tidy.py: the exception ({path}, {rule}) is not needed any more'
                   for path, rule, _ in exceptions if (path, rule) not in needed]


def house_files(root):
    """Files that people write here, as (path, text)."""
    patterns = ('src/**/*.[hc]pp', 'tests/**/*.[hc]pp', 'tests/**/*.py', 'tests/**/*.mjs',
                'bench/*.[hc]pp', 'bench/*.py', 'ui/src/**/*.ts', 'ui/src/**/*.tsx',
                'ui/src/**/*.css', 'script/*', '.ci/*')
    for pattern in patterns:
        for path in sorted(root.glob(pattern)):
            relative = path.relative_to(root).as_posix()
            generated = '/generated/' in relative or relative.endswith('.d.ts')
            if path.is_file() and 'node_modules' not in path.parts and not generated:
                yield relative, path.read_text()


def check(root):
    files = list(house_files(root))
    found = [(path, rule, message) for path, text in files
             for rule, message in file_breaches(path, text)]
    modules = edges.parse_modules((root / 'src/CMakeLists.txt').read_text())
    native = [(path, text) for path, text in files if path.endswith(('.cpp', '.hpp'))]
    below_src = [path[len('src/'):] for path, _ in native if path.startswith('src/')]
    found += [(message.split(':')[0], rule, message)
              for rule, message in dead_file_breaches(below_src, modules, [t for _, t in native])]
    return without_exceptions(found, EXCEPTIONS)


def main(arguments):
    breaches = check(pathlib.Path(arguments[1] if len(arguments) > 1 else '.').resolve())
    for breach in breaches:
        print(breach)
    print(f'tidy: {len(breaches)} breaches' if breaches else 'tidy: the house is in order')
    return 1 if breaches else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv))
