# Imported targets third::NAME from the prefix that toolchain/deps builds (or finds built) for
# GAVEL_THIRD_VARIANT. Configuring is enough: the first time it takes minutes, then milliseconds.

set(GAVEL_THIRD_VARIANT "host" CACHE STRING "host, tsan, arm64 or armhf: which build of the third parties")
set(GAVEL_THIRD_PREFIX "" CACHE PATH "use this prefix instead of calling toolchain/deps")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
    "${CMAKE_SOURCE_DIR}/toolchain/third.lock" "${CMAKE_SOURCE_DIR}/toolchain/lib/build.sh")

if(GAVEL_THIRD_PREFIX)
    set(third_prefix "${GAVEL_THIRD_PREFIX}")
else()
    execute_process(
        COMMAND "${CMAKE_SOURCE_DIR}/toolchain/deps" ${GAVEL_THIRD_VARIANT}
        OUTPUT_VARIABLE third_prefix OUTPUT_STRIP_TRAILING_WHITESPACE
        RESULT_VARIABLE third_result)
    if(NOT third_result EQUAL 0)
        message(FATAL_ERROR "toolchain/deps ${GAVEL_THIRD_VARIANT} failed; its message is above")
    endif()
endif()
message(STATUS "Third parties: ${third_prefix}")

find_package(Threads REQUIRED)

# third(NAME [ARCHIVE file] [DEFINITIONS d...] [LINK lib...]): lib/libNAME.a unless ARCHIVE says otherwise. Its
# headers are SYSTEM ones, so that our warnings judge our code only.
function(third name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "ARCHIVE" "DEFINITIONS;LINK")
    if(NOT arg_ARCHIVE)
        set(arg_ARCHIVE lib${name}.a)
    endif()
    add_library(third::${name} STATIC IMPORTED GLOBAL)
    set_target_properties(third::${name} PROPERTIES
        IMPORTED_LOCATION "${third_prefix}/lib/${arg_ARCHIVE}"
        INTERFACE_INCLUDE_DIRECTORIES "${third_prefix}/include"
        INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${third_prefix}/include"
        INTERFACE_COMPILE_DEFINITIONS "${arg_DEFINITIONS}"
        INTERFACE_LINK_LIBRARIES "${arg_LINK}")
endfunction()

third(mbedtls LINK Threads::Threads)
third(sqlite3 LINK Threads::Threads m)
third(secp256k1 DEFINITIONS SECP256K1_STATIC)
third(yyjson DEFINITIONS YYJSON_DISABLE_NON_STANDARD=1)
third(curl DEFINITIONS CURL_STATICLIB LINK third::mbedtls)
third(inih)
third(wslay)
third(cmocka)

# libzmq is C++: CMake then links its users with the C++ driver. The runtime goes in statically, so that the box
# needs no libstdc++; sanitizers want the shared one.
third(zmq DEFINITIONS ZMQ_STATIC LINK Threads::Threads rt)
set_property(TARGET third::zmq PROPERTY IMPORTED_LINK_INTERFACE_LANGUAGES CXX)
if(GAVEL_SANITIZE STREQUAL "none")
    set_property(TARGET third::zmq PROPERTY INTERFACE_LINK_OPTIONS -static-libstdc++ -static-libgcc)
endif()

# CivetWeb is not a library: web/server compiles it from this tree with our extension files laid over.
set(GAVEL_CIVETWEB_SOURCE "${third_prefix}/src/civetweb")
add_library(third::civetweb_headers INTERFACE IMPORTED GLOBAL)
set_target_properties(third::civetweb_headers PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES "${GAVEL_CIVETWEB_SOURCE}/include"
    INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${GAVEL_CIVETWEB_SOURCE}/include")
