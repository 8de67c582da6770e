/* gavelctl card: the owner's text file of an SD card, taken over at a box's first start. Needs no daemon. */
#ifndef GV_APP_CLI_CARD_CLI_H
#define GV_APP_CLI_CARD_CLI_H

/** Read `file` and write what it says into the folder `dir`, one private file a subject: wifi.conf
 *  (wpa_supplicant's), host-name, ssh-key, node. What the file does not say is left as it is there. A reason for
 *  refusal goes to stderr.
 *  Returns: a sysexits(3) status: EX_OK once all is durable; EX_DATAERR, with nothing written; EX_NOINPUT; EX_IOERR. */
int gv_cli_card_read(const char *file, const char *dir);

#endif
