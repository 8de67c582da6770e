/* cmocka wants these four headers before its own. */
#ifndef GV_TESTS_UNIT_BITCOIN_CMOCKA_INCLUDE_H
#define GV_TESTS_UNIT_BITCOIN_CMOCKA_INCLUDE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
