# How each third party is built: static archives and headers into $prefix. One function per row of
# third.lock, build_NAME, run in its patched source tree with these set:
#   $prefix  where to put lib/ and include/      $target_cc $target_cxx $target_ar   compilers
#   $flags   flags every object gets             $cmake_cross  arguments for CMake cross builds
# Needs: common.sh.

# archive NAME FLAGS -- SOURCES: compiles $jobs at a time and packs lib/libNAME.a. Deterministic: sorted
# objects, no time stamps (D).
archive() {
    local library=$1
    shift
    local options=()
    while [ "$1" != -- ]; do
        options+=("$1")
        shift
    done
    shift
    mkdir -p "objects-$library"
    printf '%s\n' "$@" | xargs -P "$jobs" -I{} sh -c '
        source=$1; out=$2; shift 2
        exec "$@" -c "$source" -o "$out/$(basename "$source" .c).o"' \
        compile {} "objects-$library" "$target_cc" $flags "${options[@]}"
    "$target_ar" rcsD "$prefix/lib/lib$library.a" $(printf '%s\n' "objects-$library"/*.o | sort)
}

# cmake_build ARGUMENTS...: configure and build in ./build, quiet unless it fails.
cmake_build() {
    {
        cmake -S . -B build -G Ninja -DCMAKE_BUILD_TYPE=None -DCMAKE_POLICY_VERSION_MINIMUM=3.5 \
            -DCMAKE_C_COMPILER="$target_cc" -DCMAKE_CXX_COMPILER="$target_cxx" \
            -DCMAKE_C_FLAGS="$flags -Os" -DCMAKE_CXX_FLAGS="$flags -Os" $cmake_cross "$@" &&
            cmake --build build -j "$jobs"
    } >build.log 2>&1 || {
        tail -n 40 build.log >&2
        return 1
    }
}

# Only unpacked: web/server compiles it, with extension files of ours laid over the tree.
build_civetweb() {
    mkdir -p "$prefix/src/civetweb"
    cp -r src include LICENSE.md "$prefix/src/civetweb/"
}

# Our configuration takes the place of the default header, so that whoever includes Mbed TLS sees the very
# structures the library was compiled with, whatever macros he sets.
build_mbedtls() {
    cp "$toolchain/config/mbedtls_config.h" include/mbedtls/mbedtls_config.h
    cp -r include/mbedtls include/psa "$prefix/include/"
    archive mbedtls -O2 -std=c99 -Ilibrary -- library/*.c
}

# The amalgamation is made by the tree's own script (needs tclsh).
build_sqlite3() {
    { ./configure --disable-tcl --disable-shared && make sqlite3.c; } >build.log 2>&1 || {
        tail -n 40 build.log >&2
        return 1
    }
    cp sqlite3.h "$prefix/include/"
    archive sqlite3 -O2 -DSQLITE_THREADSAFE=1 -DSQLITE_ENABLE_MEMSYS5 -DSQLITE_OMIT_LOAD_EXTENSION \
        -DSQLITE_OMIT_DEPRECATED -DSQLITE_OMIT_SHARED_CACHE -DSQLITE_OMIT_PROGRESS_CALLBACK \
        -DSQLITE_DQS=0 -DSQLITE_LIKE_DOESNT_MATCH_BLOBS -DSQLITE_USE_ALLOCA \
        -DSQLITE_DEFAULT_WAL_SYNCHRONOUS=1 -DSQLITE_TEMP_STORE=2 -- sqlite3.c
}

build_zeromq() {
    cmake_build -DBUILD_SHARED=OFF -DBUILD_STATIC=ON -DBUILD_TESTS=OFF -DENABLE_CURVE=OFF \
        -DWITH_LIBSODIUM=OFF -DWITH_OPENPGM=OFF -DWITH_NORM=OFF -DWITH_VMCI=OFF -DWITH_TLS=OFF \
        -DENABLE_WS=OFF -DENABLE_DRAFTS=OFF -DWITH_LIBBSD=OFF -DENABLE_LIBBSD=OFF \
        -DWITH_PERF_TOOL=OFF -DWITH_DOCS=OFF -DWITH_DOC=OFF -DENABLE_CPACK=OFF
    cp build/lib/libzmq.a "$prefix/lib/"
    cp include/zmq.h "$prefix/include/"
}

# Window 4 instead of 15: 1 MB less of tables, verification within the noise.
build_secp256k1() {
    cp include/secp256k1.h include/secp256k1_extrakeys.h include/secp256k1_schnorrsig.h \
        include/secp256k1_recovery.h "$prefix/include/"
    archive secp256k1 -O2 -I. -Iinclude -Isrc -DECMULT_WINDOW_SIZE=4 -DECMULT_GEN_KB=2 \
        -DENABLE_MODULE_EXTRAKEYS=1 -DENABLE_MODULE_SCHNORRSIG=1 -DENABLE_MODULE_RECOVERY=1 \
        -- src/secp256k1.c src/precomputed_ecmult.c src/precomputed_ecmult_gen.c
}

build_yyjson() {
    cp src/yyjson.h "$prefix/include/"
    archive yyjson -O2 -DYYJSON_DISABLE_NON_STANDARD=1 -- src/yyjson.c
}

# HTTP, HTTPS and SMTP; everything else of a big client is off. Synchronous resolver: no thread and no
# stack appears at run time, calls come from a thread that may wait.
build_curl() {
    cmake_build -DBUILD_SHARED_LIBS=OFF -DBUILD_STATIC_LIBS=ON -DBUILD_CURL_EXE=OFF \
        -DPICKY_COMPILER=OFF -DBUILD_TESTING=OFF -DBUILD_LIBCURL_DOCS=OFF -DBUILD_MISC_DOCS=OFF -DENABLE_CURL_MANUAL=OFF \
        -DCURL_ENABLE_SSL=ON -DCURL_USE_MBEDTLS=ON -DCURL_USE_OPENSSL=OFF \
        -DMBEDTLS_INCLUDE_DIR="$prefix/include" -DMBEDTLS_LIBRARY="$prefix/lib/libmbedtls.a" \
        -DMBEDX509_LIBRARY="$prefix/lib/libmbedtls.a" -DMBEDCRYPTO_LIBRARY="$prefix/lib/libmbedtls.a" \
        -DENABLE_THREADED_RESOLVER=OFF -DENABLE_ARES=OFF -DENABLE_IPV6=ON -DENABLE_UNIX_SOCKETS=OFF \
        -DCURL_ZLIB=OFF -DCURL_BROTLI=OFF -DCURL_ZSTD=OFF -DUSE_NGHTTP2=OFF -DUSE_LIBIDN2=OFF \
        -DCURL_USE_LIBPSL=OFF -DCURL_USE_LIBSSH2=OFF -DCURL_USE_LIBSSH=OFF -DCURL_USE_GSSAPI=OFF \
        -DCURL_CA_BUNDLE=none -DCURL_CA_PATH=none -DCURL_CA_FALLBACK=OFF \
        $(printf -- '-DCURL_DISABLE_%s=ON ' ALTSVC AWS BINDLOCAL COOKIES DICT DOH FILE \
            FTP GOPHER HSTS IMAP IPFS LDAP LDAPS MIME MQTT NETRC NTLM POP3 PROGRESS_METER PROXY RTSP SMB \
            TELNET TFTP WEBSOCKETS DIGEST_AUTH KERBEROS_AUTH NEGOTIATE_AUTH \
            SOCKETPAIR SHUFFLE_DNS LIBCURL_OPTION)
    cp build/lib/libcurl.a "$prefix/lib/"
    cp -r include/curl "$prefix/include/"
}

# Fixed line buffer, no multi-line values, stop at the first error: a bad file is refused, not half read.
build_inih() {
    cp ini.h "$prefix/include/"
    archive inih -O2 -DINI_ALLOW_MULTILINE=0 -DINI_STOP_ON_FIRST_ERROR=1 -DINI_USE_STACK=1 \
        -DINI_MAX_LINE=512 -- ini.c
}

build_wslay() {
    cd deps/wslay/lib
    mkdir -p "$prefix/include/wslay"
    printf '#ifndef WSLAYVER_H\n#define WSLAYVER_H\n#define WSLAY_VERSION "%s"\n#endif\n' "$version" \
        >includes/wslay/wslayver.h
    cp includes/wslay/*.h "$prefix/include/wslay/"
    archive wslay -O2 -Iincludes -DHAVE_ARPA_INET_H -DHAVE_NETINET_IN_H \
        -- wslay_event.c wslay_frame.c wslay_net.c wslay_queue.c
}

build_cmocka() {
    cmake_build -DBUILD_SHARED_LIBS=OFF -DWITH_STATIC_LIB=ON -DWITH_EXAMPLES=OFF -DUNIT_TESTING=OFF
    cp "$(find build -name 'libcmocka*.a' | head -n 1)" "$prefix/lib/libcmocka.a"
    cp include/cmocka.h "$prefix/include/"
}
