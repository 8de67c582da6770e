/* Addresses: base58check, bech32 and bech32m text of scriptPubKeys, on the four networks.
 *
 * Source: BIP13, BIP173, BIP350; Bitcoin Core kernel/chainparams.cpp. Test, signet and regtest
 * share base58 prefixes; test and signet share "tb" as well. Thread: any (pure). */
#ifndef GV_APP_BITCOIN_ADDRESS_H
#define GV_APP_BITCOIN_ADDRESS_H

#include "app/bitcoin/tx_types.h"

/* Named as the node names them in getblockchaininfo. */
enum gv_network {
    GV_NETWORK_MAIN,
    GV_NETWORK_TEST,
    GV_NETWORK_SIGNET,
    GV_NETWORK_REGTEST,
};

/** "main", "test", "signet", "regtest". Returns: static string. */
const char *gv_network_name(enum gv_network network);
/** Returns: false for any other word. */
GV_MUST_USE bool gv_network_parse(enum gv_network *out, struct gv_view name);

/** Address of a scriptPubKey.
 *  Returns: false (and text empty) when the script has no address form: P2PK, multisig, OP_RETURN,
 *           nonstandard.
 *  Out:     text: with NUL. */
GV_MUST_USE bool gv_address_encode(char text[GV_ADDRESS_MAX], enum gv_network network,
                                   struct gv_view script);

/** scriptPubKey of an address. Upper-case bech32 is taken as its lower-case form.
 *  Returns: GV_OK; GV_ERR_INVALID "address.form" (no address at all, bad checksum),
 *           "address.network" (an address of another network). */
GV_MUST_USE enum gv_err gv_address_decode(struct gv_spk *out, enum gv_network network,
                                          struct gv_view text, struct gv_fail *fail);

#endif
