/* Assertions for our own mistakes, on in every build.
 *
 * Anything from a socket, file, PSBT, JSON body or clock can be wrong and is an error (err.h).
 * What only our own code can get wrong is asserted: it logs, aborts, and the service manager
 * restarts us from the last commit. Thread: any. */
#ifndef GV_FIRMWARE_BASE_ASSERT_H
#define GV_FIRMWARE_BASE_ASSERT_H

_Noreturn void gv_assert_failed(const char *expression, const char *file, int line);

#define GV_ASSERT(expression)                                                                      \
    ((expression) ? (void)0 : gv_assert_failed(#expression, __FILE__, __LINE__))

/** Behind a switch over an enumeration without `default:`. In: why: what cannot be. */
#define GV_UNREACHABLE(why) gv_assert_failed(why, __FILE__, __LINE__)

#endif
