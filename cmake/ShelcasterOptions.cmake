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
  # of the standard library at -O2 (GCC bugs 80635, 105562), and ends of arrays inside its std::string
  # where that comes from a precompiled header (105329, 105651).
  add_compile_options(-Wno-maybe-uninitialized -Wno-restrict -Wno-array-bounds -Wno-stringop-overread)
else()
  # So that ccache takes precompiled headers for what they say, whenever their files were written.
  add_compile_options("SHELL:-Xclang -fno-pch-timestamp")
endif()

find_program(SHELCASTER_CCACHE ccache)
if(SHELCASTER_CCACHE)
  # The sloppiness is what precompiled headers ask for. Paths are taken from the clone's own folder, so
  # that clones find again what others compiled.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}
                                  CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros
                                  ${SHELCASTER_CCACHE})
endif()
find_program(SHELCASTER_MOLD mold)
if(SHELCASTER_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# A program loads only the libraries that it calls.
add_link_options(-Wl,--as-needed)

if(SHELCASTER_SANITIZE)
  add_compile_options(-fsanitize=${SHELCASTER_SANITIZE} -fno-sanitize-recover=all
                      -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${SHELCASTER_SANITIZE})
endif()

# Clang warns of conversions from float to double that are written out, as tests do. Tests themselves
# needn't be fast: a quarter of their time to compile is what -O2 adds to -O1.
set(SHELCASTER_TEST_OPTIONS $<$<CXX_COMPILER_ID:Clang>:-Wno-double-promotion> -O1)
