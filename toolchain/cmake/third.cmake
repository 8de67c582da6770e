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

# third(NAME ARCHIVES a.a... [DEFINITIONS d...] [LINK lib...]): SYSTEM headers, so that our warnings
# judge our code only.
function(third name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "ARCHIVES;DEFINITIONS;LINK")
    add_library(third::${name} INTERFACE IMPORTED GLOBAL)
    list(TRANSFORM arg_ARCHIVES PREPEND "${third_prefix}/lib/")
    set_target_properties(third::${name} PROPERTIES
        INTERFACE_INCLUDE_DIRECTORIES "${third_prefix}/include"
        INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${third_prefix}/include"
        INTERFACE_COMPILE_DEFINITIONS "${arg_DEFINITIONS}"
        INTERFACE_LINK_LIBRARIES "${arg_ARCHIVES};${arg_LINK}")
endfunction()

third(mbedtls ARCHIVES libmbedtls.a LINK Threads::Threads)
third(sqlite3 ARCHIVES libsqlite3.a LINK Threads::Threads m)
third(secp256k1 ARCHIVES libsecp256k1.a DEFINITIONS SECP256K1_STATIC)
third(yyjson ARCHIVES libyyjson.a DEFINITIONS YYJSON_DISABLE_NON_STANDARD=1)
third(curl ARCHIVES libcurl.a DEFINITIONS CURL_STATICLIB LINK third::mbedtls)
third(inih ARCHIVES libinih.a)
third(wslay ARCHIVES libwslay.a)
third(cmocka ARCHIVES libcmocka.a)

# libzmq is C++: a real imported library, so that CMake links its users with the C++ driver. The runtime
# goes in statically (the box then needs no libstdc++); sanitizers want the shared one.
add_library(third::zmq STATIC IMPORTED GLOBAL)
set_target_properties(third::zmq PROPERTIES
    IMPORTED_LOCATION "${third_prefix}/lib/libzmq.a"
    IMPORTED_LINK_INTERFACE_LANGUAGES CXX
    INTERFACE_INCLUDE_DIRECTORIES "${third_prefix}/include"
    INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${third_prefix}/include"
    INTERFACE_COMPILE_DEFINITIONS ZMQ_STATIC
    INTERFACE_LINK_LIBRARIES "Threads::Threads;rt")
if(GAVEL_SANITIZE STREQUAL "none")
    set_property(TARGET third::zmq PROPERTY INTERFACE_LINK_OPTIONS -static-libstdc++ -static-libgcc)
endif()

# CivetWeb is not a library: web/server compiles it from this tree with our extension files laid over.
set(GAVEL_CIVETWEB_SOURCE "${third_prefix}/src/civetweb")
add_library(third::civetweb_headers INTERFACE IMPORTED GLOBAL)
set_target_properties(third::civetweb_headers PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES "${GAVEL_CIVETWEB_SOURCE}/include"
    INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${GAVEL_CIVETWEB_SOURCE}/include")
