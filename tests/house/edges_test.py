import pathlib
import tempfile
import unittest

import edges

CMAKE = '''
# shelcaster_module(ghost PUBLIC base)
shelcaster_module(base PUBLIC fmt::fmt)
shelcaster_module(rtc/stun PUBLIC base PRIVATE OpenSSL::Crypto)
shelcaster_module(rtc/ice PUBLIC rtc_stun)
add_executable(shelcaster app/main.cpp)
target_link_libraries(shelcaster PRIVATE rtc_ice CLI11::CLI11)
'''
HEADERS = {'base/time.hpp', 'rtc/stun/message.hpp', 'rtc/stun/detail/reader.hpp', 'rtc/ice/agent.hpp'}


def breaches(text, own='rtc_ice', allowed=('rtc_stun',)):
    return edges.file_breaches('f.cpp', own, set(allowed), text, edges.parse_modules(CMAKE), HEADERS)


class Declarations(unittest.TestCase):
    def test_modules_are_read_in_order_and_comments_are_not(self):
        modules = edges.parse_modules(CMAKE)
        self.assertEqual([module.name for module in modules], ['base', 'rtc_stun', 'rtc_ice'])
        self.assertEqual(modules[1].named, ['base', 'OpenSSL::Crypto'])

    def test_a_good_order_has_no_breach(self):
        self.assertEqual(edges.declaration_breaches(edges.parse_modules(CMAKE)), [])

    def test_an_edge_upwards_is_found(self):
        modules = edges.parse_modules('shelcaster_module(a PUBLIC b)\nshelcaster_module(b)')
        self.assertIn('a names b', edges.declaration_breaches(modules)[0])

    def test_a_cycle_is_found(self):
        modules = edges.parse_modules('shelcaster_module(a PUBLIC b)\nshelcaster_module(b PUBLIC a)')
        self.assertEqual(len(edges.declaration_breaches(modules)), 1)

    def test_a_module_that_names_itself_is_found(self):
        modules = edges.parse_modules('shelcaster_module(a PUBLIC a)')
        self.assertEqual(len(edges.declaration_breaches(modules)), 1)

    def test_an_edge_that_nobody_needs_is_found(self):
        modules = edges.parse_modules(CMAKE)
        found = edges.unused_breaches(modules, {'rtc_stun': {'rtc_stun'}})
        self.assertIn('rtc_stun names base', found[0])
        self.assertEqual(edges.unused_breaches(modules, {'rtc_stun': {'base'}}), [])


class Includes(unittest.TestCase):
    def test_own_and_named_modules_are_free(self):
        self.assertEqual(breaches('#include "rtc/ice/agent.hpp"\n#include "rtc/stun/message.hpp"'), [])

    def test_system_headers_are_free(self):
        self.assertEqual(breaches('#include <vector>\n#include <openssl/ssl.h>'), [])

    def test_what_a_named_module_names_must_be_named_too(self):
        found = breaches('\n#include "base/time.hpp"')
        self.assertEqual(len(found), 1)
        self.assertIn('f.cpp:2', found[0])
        self.assertIn('does not name base', found[0])

    def test_climbing_out_is_found(self):
        self.assertIn('climbs out', breaches('#include "../stun/message.hpp"')[0])

    def test_a_path_that_does_not_start_at_src_is_found(self):
        self.assertIn('no module', breaches('#include "agent.hpp"')[0])

    def test_a_header_that_does_not_exist_is_found(self):
        self.assertIn('does not exist', breaches('#include "rtc/ice/angel.hpp"')[0])

    def test_private_headers_of_others_are_found(self):
        self.assertIn('private', breaches('#include "rtc/stun/detail/reader.hpp"')[0])

    def test_own_private_headers_are_free(self):
        self.assertEqual(breaches('#include "rtc/stun/detail/reader.hpp"', own='rtc_stun'), [])

    def test_comments_are_not_includes(self):
        self.assertEqual(breaches('// #include "base/time.hpp"\n/*\n#include "base/time.hpp"\n*/'), [])

    def test_a_longer_folder_wins(self):
        modules = edges.parse_modules('shelcaster_module(store)\nshelcaster_module(store/sqlite)')
        self.assertEqual(edges.module_of('store/sqlite/db.hpp', modules).name, 'store_sqlite')
        self.assertEqual(edges.module_of('store/port.hpp', modules).name, 'store')


class Tree(unittest.TestCase):
    def test_a_whole_tree_is_checked_with_its_tests(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in {
                    'src/CMakeLists.txt': CMAKE,
                    'src/base/time.hpp': '',
                    'src/rtc/stun/message.hpp': '#include "base/time.hpp"',
                    'src/rtc/ice/agent.hpp': '#include "rtc/stun/message.hpp"',
                    'src/app/main.cpp': '#include "rtc/stun/message.hpp"',
                    'tests/sim/CMakeLists.txt': 'target_link_libraries(sim PRIVATE rtc_ice)',
                    'tests/sim/own.hpp': '',
                    'tests/sim/world.cpp': '#include "own.hpp"\n#include "rtc/stun/message.hpp"\n'
                                           '#include "base/time.hpp"',
                    'tests/net/CMakeLists.txt': 'target_link_libraries(net PRIVATE base)',
                    'tests/net/world.cpp': '#include "rtc/stun/message.hpp"'}.items():
                path = root / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            found = edges.check(root)
        self.assertEqual(len(found), 2, found)
        self.assertIn('src/app/main.cpp:1', found[0])
        self.assertIn('tests/net/world.cpp:1', found[1])


if __name__ == '__main__':
    unittest.main()
