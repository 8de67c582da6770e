// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Tells the board's firmware that the next start is a try, when the word of a restart says so: reboot "0 tryboot".
 *
 * Raspberry Pi's own kernel does this in its firmware driver. Mainline's driver, which is Debian's, does not hand the
 * word on, and a box that restarts for an update would start its old slot every time. Loaded by udev for the node of the
 * device tree that the driver has; where there is none, as in most emulations, there is nothing to tell.
 * Source: SET_REBOOT_FLAGS of Raspberry Pi's mailbox property interface, and the use their kernel makes of it. */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/reboot.h>
#include <linux/string.h>
#include <soc/bcm2835/raspberrypi-firmware.h>

#define SET_REBOOT_FLAGS 0x00038064
#define TRY_ONCE         0x1

static const struct of_device_id nodes[] = {
    {.compatible = "raspberrypi,bcm2835-firmware"},
    {},
};
MODULE_DEVICE_TABLE(of, nodes);

static struct rpi_firmware *board;

static int on_reboot(struct notifier_block *block, unsigned long action, void *word)
{
    u32 flags = TRY_ONCE;
    int err;

    if (action != SYS_RESTART || word == NULL || strstr(word, " tryboot") == NULL) {
        return NOTIFY_DONE;
    }
    err = rpi_firmware_property(board, SET_REBOOT_FLAGS, &flags, sizeof(flags));
    if (err != 0) {
        pr_err("gavel_tryboot: the firmware took no word of the try: %d\n", err);
    }
    return NOTIFY_DONE;
}

static struct notifier_block notifier = {.notifier_call = on_reboot};

static int __init tryboot_init(void)
{
    struct device_node *node = of_find_matching_node(NULL, nodes);
    int err;

    board = node != NULL ? rpi_firmware_get(node) : NULL;
    of_node_put(node);
    if (board == NULL) {
        return -ENODEV;
    }
    err = register_reboot_notifier(&notifier);
    if (err != 0) {
        rpi_firmware_put(board);
    }
    return err;
}

static void __exit tryboot_exit(void)
{
    unregister_reboot_notifier(&notifier);
    rpi_firmware_put(board);
}

module_init(tryboot_init);
module_exit(tryboot_exit);
MODULE_DESCRIPTION("One-shot start of another slot by the word of a restart");
MODULE_LICENSE("Dual MIT/GPL");
