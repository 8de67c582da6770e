#include "firmware/boot/boot.h"

int main(int argc, char **argv)
{
    return gv_boot_run(argc, argv, NULL, 0);
}
