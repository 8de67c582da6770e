/* The memory seal: after start-up no pool, heap or thread is created any more.
 *
 *   INIT ──gv_mem_seal()──► STATIC          (tests may go back with gv_mem_unseal)
 *
 * gv_pool_init and gv_heap_init assert INIT, so "fixed memory" is checked, not promised.
 * Thread: main, before and after the other threads run. */
#ifndef GV_FIRMWARE_BASE_MEM_H
#define GV_FIRMWARE_BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>

void gv_mem_seal(void);
void gv_mem_unseal(void);
bool gv_mem_sealed(void);

/** Give the pages of a large idle buffer back to the system; its contents become zero or stay.
 *  Whole pages inside [p, p+n) only. */
void gv_mem_idle(void *p, size_t n);

/** Make a large buffer zero, with as few resident pages as can be: those that are zero already, as of
 *  a static buffer never written to, are only read, which costs no memory. */
void gv_mem_zero(void *p, size_t n);

#endif
