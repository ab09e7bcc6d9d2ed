import unittest

import edges
import source_text
import tidy


def rules(path, text):
    return sorted({rule for rule, _ in tidy.file_breaches(path, text)})


def code_rules(text, path='src/rtc/ice/agent.cpp'):
    return rules(path, text + '\n')


class SourceText(unittest.TestCase):
    def test_comments_and_literals_are_blanked_and_lines_stay(self):
        text = 'a("x // y"); // b\n/* c\n d */ e = \'"\'; f'
        code = source_text.code_only(text)
        self.assertEqual(code.count('\n'), text.count('\n'))
        self.assertEqual(code.split(), ['a(', ');', 'e', '=', ';', 'f'])

    def test_digit_separators_are_not_characters(self):
        self.assertIn('steady', source_text.code_only("x = 48'000; steady; y = 1'000;"))

    def test_raw_strings_are_literals(self):
        self.assertNotIn('rand', source_text.code_only('auto s = R"(rand() " )";'))

    def test_only_comments_stay(self):
        self.assertEqual(source_text.comments_only('x; // note').strip(), '// note')


class Banned(unittest.TestCase):
    def test_clocks_and_chance_are_found(self):
        self.assertEqual(code_rules('auto t = std::chrono::steady_clock::now();'), ['steady-clock'])
        self.assertEqual(code_rules('auto t = system_clock::now();'), ['system-clock'])
        self.assertEqual(code_rules('std::random_device seed;'), ['random-device'])
        self.assertEqual(code_rules('std::this_thread::sleep_for(1s);'), ['sleep'])
        self.assertEqual(code_rules('std::thread worker(run);'), ['thread'])

    def test_the_message_says_where_and_what_to_do(self):
        (_, message), = tidy.banned_breaches('src/net/a.cpp', '\n\nsteady_clock::now();\n')
        self.assertTrue(message.startswith('src/net/a.cpp:3: '))
        self.assertIn('base::Instant', message)

    def test_runtime_and_app_may_touch_the_machine(self):
        text = 'std::thread t; steady_clock::now(); ::socket(1, 2, 3); random_device r;'
        self.assertEqual(code_rules(text, 'src/runtime/clock.cpp'), [])
        self.assertEqual(code_rules(text, 'src/app/mix/stage.cpp'), [])

    def test_sockets_are_found_and_members_of_that_name_are_not(self):
        self.assertEqual(code_rules('int fd = ::socket(AF_INET, SOCK_DGRAM, 0);'), ['socket'])
        self.assertEqual(code_rules('boost::asio::io_context loop;'), ['socket'])
        self.assertEqual(code_rules('#include <sys/socket.h>'), ['socket'])
        self.assertEqual(code_rules('peer.connect(a); bind(b); Peer::connect(f); std::bind(f);'), [])

    def test_tests_may_have_threads_and_sockets_but_no_clock(self):
        path = 'src/base/queue_test.cpp'
        self.assertEqual(code_rules('std::thread t; ::socket(1, 2, 3);', path), [])
        self.assertEqual(code_rules('steady_clock::now(); sleep_for(1s);', path), ['sleep', 'steady-clock'])

    def test_prints_are_found(self):
        self.assertEqual(code_rules('std::cout << 1;'), ['stdout'])
        self.assertEqual(code_rules('printf("x");'), ['stdout'])
        self.assertEqual(code_rules('snprintf(a, 1, "x");'), [])

    def test_what_is_said_in_comments_and_strings_is_free(self):
        self.assertEqual(code_rules('// never std::thread here\nauto s = "steady_clock::now";'), [])

    def test_whole_namespaces_are_found_and_literals_are_free(self):
        self.assertEqual(code_rules('using namespace std;'), ['using-namespace'])
        self.assertEqual(code_rules('using namespace std::chrono_literals;'), [])


class AudioThread(unittest.TestCase):
    def test_locks_allocations_and_logs_are_found(self):
        path = 'src/mixer/engine.cpp'
        self.assertEqual(code_rules('std::mutex m;', path), ['audio-lock'])
        self.assertEqual(code_rules('std::lock_guard g(m);', path), ['audio-lock'])
        self.assertEqual(code_rules('auto* a = new Strip;', path), ['audio-allocation'])
        self.assertEqual(code_rules('strips_.push_back(s);', path), ['audio-allocation'])
        self.assertEqual(code_rules('base::log::info("mix", "x");', path), ['audio-log'])

    def test_elsewhere_and_in_their_tests_these_are_free(self):
        text = 'std::mutex m; strips_.push_back(s); auto* a = new Strip;'
        self.assertEqual(code_rules(text, 'src/control/api.cpp'), [])
        self.assertEqual(code_rules(text, 'src/mixer/engine_test.cpp'), [])


class Form(unittest.TestCase):
    def test_notes_to_oneself_are_found(self):
        self.assertEqual(code_rules('// TO' + 'DO: later'), ['note'])
        self.assertEqual(rules('script/x', '# FIX' + 'ME\n'), ['note'])

    def test_commented_out_code_is_found(self):
        for text in ('// return false;', '// #include <vector>', '//   peer.close(now);', '// x = y + 1;',
                     '// if (a) {', '// }', '// const int a = 3;'):
            self.assertEqual(code_rules(text), ['commented-out'], text)

    def test_prose_is_not_commented_out_code(self):
        for text in ('// The render never waits (see above);', '// if this fails, return to sleep.',
                     '// a slow reader loses;', '// Return of the caller; it is encoded once.',
                     '/// Drain poll_output() until Timeout.', '// {"type":"ack"} is the answer.'):
            self.assertEqual(code_rules(text), [], text)

    def test_long_lines_and_files_are_found(self):
        self.assertEqual(code_rules('x' * 111), ['long-line'])
        self.assertEqual(code_rules('x' * 110), [])
        self.assertEqual(code_rules('x\n' * 600), ['long-file'])
        self.assertEqual(code_rules('x\n' * 599), [])
        self.assertEqual(rules('ui/src/a.ts', 'x' * 111 + '\n'), [])
        self.assertEqual(rules('script/build', 'x\n' * 111), ['long-file'])

    def test_an_unfinished_last_line_is_found(self):
        self.assertEqual(rules('src/a/b.cpp', 'int a;'), ['last-line'])

    def test_headers_are_guarded(self):
        self.assertEqual(rules('src/a/b.hpp', '#pragma once\n'), [])
        self.assertEqual(rules('src/a/b.hpp', 'int a;\n'), ['pragma-once'])


class DeadFiles(unittest.TestCase):
    MODULES = edges.parse_modules('shelcaster_module(audio)\nshelcaster_module(app/mix)')

    def dead(self, *paths, texts=()):
        return [m.split(':')[0] for _, m in tidy.dead_file_breaches(paths, self.MODULES, texts)]

    def test_sources_outside_of_modules_are_found(self):
        self.assertEqual(self.dead('audio/a.cpp', 'audio/detail/b.cpp', 'app/main.cpp'), [])
        self.assertEqual(self.dead('audio/deeper/a.cpp', 'app/b.cpp', 'c.cpp'),
                         ['src/audio/deeper/a.cpp', 'src/app/b.cpp', 'src/c.cpp'])

    def test_headers_that_nothing_includes_are_found(self):
        self.assertEqual(self.dead('audio/a.hpp', texts=['#include "audio/a.hpp"']), [])
        self.assertEqual(self.dead('audio/a.hpp'), ['src/audio/a.hpp'])


class Exceptions(unittest.TestCase):
    def test_an_exception_silences_its_rule_in_its_file_only(self):
        breaches = [('src/a.cpp', 'thread', 'one'), ('src/b.cpp', 'thread', 'two')]
        self.assertEqual(tidy.without_exceptions(breaches, (('src/a.cpp', 'thread', 'why'),)), ['two'])

    def test_an_exception_that_is_not_needed_is_found(self):
        left = tidy.without_exceptions([], (('src/a.cpp', 'thread', 'why'),))
        self.assertIn('not needed', left[0])


if __name__ == '__main__':
    unittest.main()
