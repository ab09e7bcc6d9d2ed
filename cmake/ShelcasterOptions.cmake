# Compiler settings for every target of the project.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)

option(SHELCASTER_TESTS "Build unit tests, simulations and benchmarks" ON)
option(SHELCASTER_FUZZ "Build libFuzzer targets (clang only)" OFF)
set(SHELCASTER_SANITIZE "" CACHE STRING "Sanitizers, as in -fsanitize= (for example address,undefined)")

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast
                    -Wconversion -Wsign-conversion -Wdouble-promotion -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 reports maybe-uninitialized and dangling pointers inside std::variant and std::optional
  # of the standard library at -O2 (GCC bugs 80635, 105562).
  add_compile_options(-Wno-maybe-uninitialized -Wno-restrict)
endif()

find_program(SHELCASTER_CCACHE ccache)
if(SHELCASTER_CCACHE)
  # Two clones of the same source share what was compiled.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}
                                  CCACHE_NOHASHDIR=1 ${SHELCASTER_CCACHE})
endif()
find_program(SHELCASTER_MOLD mold)
if(SHELCASTER_MOLD AND NOT SHELCASTER_SANITIZE)
  add_link_options(-fuse-ld=mold)
endif()

# A program loads only the libraries that it calls.
add_link_options(-Wl,--as-needed)

if(SHELCASTER_SANITIZE)
  add_compile_options(-fsanitize=${SHELCASTER_SANITIZE} -fno-sanitize-recover=all
                      -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${SHELCASTER_SANITIZE})
endif()
if(SHELCASTER_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
