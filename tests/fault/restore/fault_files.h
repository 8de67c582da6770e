/* Fault files: a disk that loses power, below the C library's calls. Every call that changes a file or a folder is
 * an event; before the chosen one the process ends, and what was not made durable is taken back first:
 *
 *   names     created, renamed, linked, removed: durable once their folder was synced, in order
 *   contents  durable once the file was synced
 * Thread: one. For a child process: its end is the crash. */
#ifndef GV_TESTS_FAULT_FAULT_FILES_H
#define GV_TESTS_FAULT_FAULT_FILES_H

/** What a loss of power takes of that which was not durable. */
enum fault_loss {
    FAULT_LOSES_NOTHING, /* the process alone ends */
    FAULT_LOSES_CONTENTS,
    FAULT_LOSES_HALF_OF_NAMES, /* the newer half, and the contents */
    FAULT_LOSES_ALL,
    FAULT_LOSSES
};

#define FAULT_EXIT 77 /* status of the process that was cut off */

/** From now on watch; end before event number `at`, 1 and up. In: grave: an empty folder of the same disk. */
void fault_files_arm(unsigned at, enum fault_loss loss, const char *grave);

#endif
