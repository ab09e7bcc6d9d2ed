# shelcaster_module(<folder> [PUBLIC <module|target>...] [PRIVATE <module|target>...]
#                   [TEST <target>...])
#
# One library per folder below src/. The line in src/CMakeLists.txt is the only place where an edge
# between modules is stated: headers are staged per module, so that `#include "rtc/ice/ice_agent.hpp"`
# is found only by a target that names rtc_ice, and tests/house compares includes with these lines.
#
# In the folder: *.cpp are the library, *_test.cpp its unit tests, *_fuzz.cpp a fuzzer each,
# *_bench.cpp its benchmarks. TEST names what only the unit
# tests link. The target of folder rtc/ice is rtc_ice.
set(SHELCASTER_FUZZED_BY_OTHERS base net store studio) # what the fuzzers of other modules read with
function(shelcaster_module folder)
  cmake_parse_arguments(arg "" "" "PUBLIC;PRIVATE;TEST" ${ARGN})
  string(REPLACE "/" "_" name ${folder})
  set(dir ${CMAKE_CURRENT_SOURCE_DIR}/${folder})
  if(NOT IS_DIRECTORY ${dir})
    message(FATAL_ERROR "module ${name}: no folder src/${folder}")
  endif()

  set(stage ${PROJECT_BINARY_DIR}/stage/${name})
  cmake_path(GET folder PARENT_PATH parent)
  file(MAKE_DIRECTORY ${stage}/${parent})
  file(CREATE_LINK ${dir} ${stage}/${folder} SYMBOLIC)

  file(GLOB sources CONFIGURE_DEPENDS ${dir}/*.cpp ${dir}/detail/*.cpp)
  file(GLOB tests CONFIGURE_DEPENDS ${dir}/*_test.cpp ${dir}/detail/*_test.cpp)
  file(GLOB fuzzers CONFIGURE_DEPENDS ${dir}/*_fuzz.cpp)
  file(GLOB benches CONFIGURE_DEPENDS ${dir}/*_bench.cpp)
  foreach(apart ${tests} ${fuzzers} ${benches} ${dir}/main.cpp)
    list(REMOVE_ITEM sources ${apart})
  endforeach()

  # Whether it is one of those that see Boost.JSON, by its own line or through a module that hands it on.
  set(json "")
  foreach(seen ${arg_PUBLIC} ${arg_PRIVATE})
    get_target_property(handed ${seen} SHELCASTER_HANDS_ON_JSON)
    if(seen STREQUAL Boost::json OR handed)
      set(json JSON)
      if(seen IN_LIST arg_PUBLIC)
        set(hands_on_json TRUE)
      endif()
    endif()
  endforeach()

  if(sources)
    add_library(${name} STATIC ${sources})
    target_include_directories(${name} PUBLIC ${stage})
    target_link_libraries(${name} PUBLIC ${arg_PUBLIC} PRIVATE ${arg_PRIVATE})
    shelcaster_precompile(${name} ${json})
    if(SHELCASTER_FUZZ AND (fuzzers OR name IN_LIST SHELCASTER_FUZZED_BY_OTHERS))
      # The coverage of -fsanitize=fuzzer-no-link, which itself wants precompiled headers of its own.
      target_compile_options(${name} PRIVATE
                             -fsanitize-coverage=inline-8bit-counters,indirect-calls,trace-cmp,pc-table)
    endif()
  else()
    add_library(${name} INTERFACE)
    target_include_directories(${name} INTERFACE ${stage})
    target_link_libraries(${name} INTERFACE ${arg_PUBLIC} ${arg_PRIVATE})
  endif()

  set_target_properties(${name} PROPERTIES SHELCASTER_HANDS_ON_JSON "${hands_on_json}")

  if(SHELCASTER_TESTS AND tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE ${name} ${arg_PRIVATE} ${arg_TEST} GTest::gmock
                          GTest::gtest_main)
    target_compile_options(${name}_test PRIVATE ${SHELCASTER_TEST_OPTIONS})
    shelcaster_precompile(${name}_test ${json} TEST)
    add_test(NAME ${name} COMMAND ${name}_test)
    set_tests_properties(${name} PROPERTIES TIMEOUT 900)
  endif()
  if(SHELCASTER_TESTS AND benches AND NOT SHELCASTER_SANITIZE)
    add_executable(${name}_bench ${benches})
    target_link_libraries(${name}_bench PRIVATE ${name} ${arg_PRIVATE} benchmark::benchmark_main)
  endif()
  if(SHELCASTER_FUZZ)
    foreach(source ${fuzzers})
      cmake_path(GET source STEM fuzzer)
      add_executable(${fuzzer} ${source})
      target_link_libraries(${fuzzer} PRIVATE ${name} ${arg_PRIVATE})
      target_link_options(${fuzzer} PRIVATE -fsanitize=fuzzer)
      shelcaster_precompile(${fuzzer} ${json})
    endforeach()
  endif()
endfunction()
