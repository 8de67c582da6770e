# 32-bit ARMv7 with NEON (Zero 2, 3, 4 with a 32-bit system). The ARMv6 boards are not covered.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR armv7l)
set(CMAKE_C_COMPILER arm-linux-gnueabihf-gcc)
set(CMAKE_CXX_COMPILER arm-linux-gnueabihf-g++)
set(CMAKE_STRIP arm-linux-gnueabihf-strip)
# glibc for armhf still defaults to a 32-bit time_t; every object must agree on the 64-bit one.
set(CMAKE_C_FLAGS_INIT "-march=armv7-a+neon-vfpv4 -mfloat-abi=hard -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64")
set(CMAKE_CXX_FLAGS_INIT "${CMAKE_C_FLAGS_INIT}")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-arm -L /usr/arm-linux-gnueabihf)
