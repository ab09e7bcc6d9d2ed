# What nearly every file includes of others is parsed once and not by each file. Four sets, so that a
# module sees no more than it may: with and without Boost.JSON, with and without GoogleTest. A file still
# includes what it uses: tests/house reads the lines that it has.
set(headers <algorithm> <array> <atomic> <charconv> <chrono> <cmath> <cstdint> <cstdlib> <cstring> <deque>
            <filesystem> <fstream> <functional> <map> <memory> <mutex> <optional> <set> <span> <string>
            <string_view> <thread> <utility> <variant> <vector> <fmt/format.h> <tl/expected.hpp>)
set(links fmt::fmt spdlog::spdlog tl::expected)
set(json_headers <boost/json.hpp>)
set(json_links Boost::json)
set(test_headers <gmock/gmock.h> <gtest/gtest.h>)
set(test_links GTest::gmock)

foreach(set "" json test json_test)
  string(REPLACE "_" ";" parts "${set}")
  set(with ${headers})
  set(linked ${links})
  foreach(part ${parts})
    list(APPEND with ${${part}_headers})
    list(APPEND linked ${${part}_links})
  endforeach()
  if("test" IN_LIST parts AND NOT SHELCASTER_TESTS)
    continue()
  endif()
  string(JOIN "_" name precompiled ${parts})
  file(GENERATE OUTPUT ${PROJECT_BINARY_DIR}/precompiled/${name}.cpp CONTENT "// Carries ${name}.\n")
  add_library(${name} STATIC ${PROJECT_BINARY_DIR}/precompiled/${name}.cpp)
  target_link_libraries(${name} PRIVATE ${linked})
  target_precompile_headers(${name} PRIVATE ${with})
endforeach()

# shelcaster_precompile(<target> [JSON] [TEST])   gives a target the set of those that it links.
function(shelcaster_precompile target)
  set(name precompiled)
  foreach(part JSON TEST)
    if(part IN_LIST ARGN)
      string(TOLOWER ${part} part)
      string(APPEND name _${part})
    endif()
  endforeach()
  target_precompile_headers(${target} REUSE_FROM ${name})
endfunction()
