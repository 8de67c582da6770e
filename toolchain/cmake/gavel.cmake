# The functions every folder's CMakeLists.txt uses:
#   gv_library(NAME SOURCES a.c... DEPS t...)                         static library under our rules
#   gv_executable(NAME SOURCES main.c... DEPS t...)                   program at build/<preset>/NAME
#   gv_unit_test(NAME SOURCES t.c... LINK t... [LABEL l] [SERIAL] [ONE_THREAD] [ONE_MACHINE] [TIMEOUT s])  cmocka program and its ctest entry
#   gv_fuzz_target(NAME SOURCES f.c... LINK t... [CORPUS dir])        libFuzzer program (preset fuzz only)
#   gv_script_test(NAME COMMAND c... [LABEL l] [SERIAL] [TIMEOUT s])  any other command as a ctest entry

option(GAVEL_WERROR "Warnings are errors" OFF)
set(GAVEL_BOARD "host" CACHE STRING "board/<name> whose numbers are compiled in")
set(GAVEL_SANITIZE "none" CACHE STRING "none, address (with undefined), thread or fuzzer")
file(GLOB boards RELATIVE "${CMAKE_SOURCE_DIR}" board/*/limits.h)
list(TRANSFORM boards REPLACE "board/(.+)/limits.h" "\\1")
set_property(CACHE GAVEL_BOARD PROPERTY STRINGS ${boards})
if(NOT GAVEL_BOARD IN_LIST boards)
    message(FATAL_ERROR "GAVEL_BOARD=${GAVEL_BOARD}: use one of ${boards}")
endif()
set_property(CACHE GAVEL_SANITIZE PROPERTY STRINGS none address thread fuzzer)

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_C_FLAGS_RELEASE "-O2 -g")          # no NDEBUG: assertions stay on in every build
set(CMAKE_C_FLAGS_DEBUG "-O1 -g -fno-omit-frame-pointer")
set(CMAKE_LINK_DEPENDS_NO_SHARED ON)

# Position independent executables let the kernel place the program at a random address.
include(CheckPIESupported)
check_pie_supported(LANGUAGES C CXX)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
# (Libraries say -fPIE themselves, see gv_library: -fPIC would keep GCC from inlining what is exported.)

# -DGAVEL_VERSION=: another version than the project's, for tests of updates.
if(NOT DEFINED GAVEL_VERSION)
    set(GAVEL_VERSION "${PROJECT_VERSION}")
endif()

# ---- Flags, as one interface target that everything of ours links -----------------------------
add_library(gv_flags INTERFACE)
target_include_directories(gv_flags INTERFACE "${CMAKE_SOURCE_DIR}")
target_compile_definitions(gv_flags INTERFACE
    _POSIX_C_SOURCE=200809L
    _DEFAULT_SOURCE
    _FILE_OFFSET_BITS=64
    GV_BOARD_LIMITS_H="board/${GAVEL_BOARD}/limits.h"
    GV_VERSION="${GAVEL_VERSION}")
cmake_path(RELATIVE_PATH CMAKE_SOURCE_DIR BASE_DIRECTORY "${CMAKE_BINARY_DIR}" OUTPUT_VARIABLE gavel_tree)
target_compile_options(gv_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes
    -Wmissing-prototypes -Wvla -Wswitch-enum -Wundef -Wformat=2 -Wcast-qual -Wwrite-strings
    -Wpointer-arith -fno-common
    # Clang's -Wconversion minds GV_ASSERT(!"a sentence"), which is what we want to write.
    $<$<C_COMPILER_ID:Clang>:-Wno-string-conversion>
    $<$<BOOL:${GAVEL_WERROR}>:-Werror>
    # Paths in asserts and debug data are relative to the tree: the same source gives the same bytes. (A compiler
    # cache names the same files from the build folder.)
    -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=
    -ffile-prefix-map=${gavel_tree}/=
    # A canary before the return address of every function with an array: an overrun aborts.
    -fstack-protector-strong
    # One section per function and object, so that --gc-sections can drop what nobody calls.
    -ffunction-sections -fdata-sections)
target_link_options(gv_flags INTERFACE
    -Wl,--gc-sections
    # An id would be made of the debug data, too, which knows the builder's folders: it would make other bytes
    # of the same source.
    -Wl,--build-id=none
    # All symbols are bound at start and the table is then read-only: it cannot be overwritten.
    -Wl,-z,relro,-z,now
    # The stack cannot be executed.
    -Wl,-z,noexecstack)

if(GAVEL_SANITIZE STREQUAL "none")
    # Bounds of memcpy, snprintf and friends are checked where the compiler knows the size.
    target_compile_options(gv_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
elseif(GAVEL_SANITIZE STREQUAL "address")
    set(sanitize -fsanitize=address,undefined -fno-sanitize-recover=all)
elseif(GAVEL_SANITIZE STREQUAL "thread")
    set(sanitize -fsanitize=thread)
elseif(GAVEL_SANITIZE STREQUAL "fuzzer")
    set(sanitize -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all)
else()
    message(FATAL_ERROR "GAVEL_SANITIZE=${GAVEL_SANITIZE}: use none, address, thread or fuzzer")
endif()
if(DEFINED sanitize)
    # GCC's guess about uninitialised variables is wrong in instrumented code; the release build keeps it.
    target_compile_options(gv_flags INTERFACE ${sanitize} $<$<C_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
    target_link_options(gv_flags INTERFACE ${sanitize})
endif()

# ---- Libraries and programs --------------------------------------------------------------------
function(gv_library name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPS")
    add_library(${name} STATIC ${arg_SOURCES})
    target_link_libraries(${name} PUBLIC ${arg_DEPS} PRIVATE gv_flags)
    target_include_directories(${name} PUBLIC "${CMAKE_SOURCE_DIR}")
    set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_compile_options(${name} PRIVATE -fPIE)
    # Read by the source check that no library of ours calls malloc.
    set_property(GLOBAL APPEND PROPERTY GAVEL_LIBRARIES ${name})
endfunction()

function(gv_executable name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPS")
    add_executable(${name} ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE ${arg_DEPS} gv_flags)
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}")
    if(CMAKE_BUILD_TYPE STREQUAL "Release")
        # Debug data goes to NAME.debug; what is installed and measured is NAME, stripped.
        add_custom_command(TARGET ${name} POST_BUILD
            COMMAND ${CMAKE_OBJCOPY} --only-keep-debug $<TARGET_FILE:${name}> $<TARGET_FILE:${name}>.debug
            COMMAND ${CMAKE_STRIP} --strip-all $<TARGET_FILE:${name}>
            COMMAND ${CMAKE_OBJCOPY} --add-gnu-debuglink=${name}.debug $<TARGET_FILE:${name}>
            WORKING_DIRECTORY "${CMAKE_BINARY_DIR}"
            VERBATIM)
    endif()
    install(TARGETS ${name} RUNTIME DESTINATION sbin)
endfunction()

# ---- Tests ---------------------------------------------------------------------------------------
# The sanitizers stop at the first finding, and it fails the test.
set(gavel_test_environment
    "ASAN_OPTIONS=detect_leaks=1:abort_on_error=0:strict_string_checks=1"
    "UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1"
    "TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1"
    "GAVEL_BUILD_DIR=${CMAKE_BINARY_DIR}")

# Label, time limit and environment of one ctest entry (of the calling function's parsed arguments).
macro(gv_set_test_properties name)
    if(NOT arg_LABEL)
        set(arg_LABEL unit)
    endif()
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 300)
    endif()
    set_tests_properties(${name} PROPERTIES
        LABELS "${arg_LABEL}" TIMEOUT ${arg_TIMEOUT} ENVIRONMENT "${gavel_test_environment}")
    if(arg_SERIAL)
        set_tests_properties(${name} PROPERTIES RUN_SERIAL ON)
    endif()
endmacro()

# Tests run in the repository root, so that they open tests/vectors/... by that name.
function(gv_unit_test name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "SERIAL;ONE_THREAD;ONE_MACHINE" "LABEL;TIMEOUT" "SOURCES;LINK")
    # ONE_THREAD: long work without threads, in which ThreadSanitizer has nothing to find but takes many minutes.
    # ONE_MACHINE: long work through code whose short tests run under emulation, where it takes ten times as long.
    if(GAVEL_SANITIZE STREQUAL "fuzzer" OR (arg_ONE_THREAD AND GAVEL_SANITIZE STREQUAL "thread")
       OR (arg_ONE_MACHINE AND CMAKE_CROSSCOMPILING))
        return()
    endif()
    add_executable(${name} ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE ${arg_LINK} third::cmocka gv_flags)
    add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
    gv_set_test_properties(${name})
endfunction()

function(gv_script_test name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "SERIAL" "LABEL;TIMEOUT" "COMMAND")
    add_test(NAME ${name} COMMAND ${arg_COMMAND} WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
    gv_set_test_properties(${name})
endfunction()

# The program is built in preset fuzz, at build/fuzz/fuzzers/NAME. Its ctest entry, a run of GAVEL_FUZZ_SECONDS
# (environment, default 10) that starts from the kept corpus, is in that tree and in the one of preset host.
function(gv_fuzz_target name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "CORPUS" "SOURCES;LINK")
    if(GAVEL_SANITIZE STREQUAL "fuzzer")
        set(fuzzers "${CMAKE_BINARY_DIR}/fuzzers")
        add_executable(${name} ${arg_SOURCES})
        target_link_libraries(${name} PRIVATE ${arg_LINK} gv_flags)
        target_link_options(${name} PRIVATE -fsanitize=fuzzer)
        # No header declares libFuzzer's entry point. (Options of a source come after those of the target.)
        set_source_files_properties(${arg_SOURCES} PROPERTIES COMPILE_OPTIONS -Wno-missing-prototypes)
        set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${fuzzers}")
    elseif(GAVEL_SANITIZE STREQUAL "none" AND NOT CMAKE_CROSSCOMPILING)
        cmake_path(SET fuzzers NORMALIZE "${CMAKE_BINARY_DIR}/../fuzz/fuzzers")
    else()
        return()
    endif()
    if(arg_CORPUS)
        cmake_path(ABSOLUTE_PATH arg_CORPUS BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}")
    endif()
    set(arg_LABEL fuzz)
    set(arg_TIMEOUT 900)
    add_test(NAME ${name}
        COMMAND "${CMAKE_SOURCE_DIR}/toolchain/check/fuzz" "${fuzzers}/${name}" ${arg_CORPUS}
        WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
    gv_set_test_properties(${name})
endfunction()
