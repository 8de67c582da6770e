/* Death tests: run a function in a child process and show that one certain assertion ends it. */
#ifndef GV_TESTS_UNIT_BASE_DEATH_H
#define GV_TESTS_UNIT_BASE_DEATH_H

/** Fails the cmocka test unless fn(arg) aborts and its log holds `expression`. */
void expect_assert(void (*fn)(void *arg), void *arg, const char *expression);

#endif
